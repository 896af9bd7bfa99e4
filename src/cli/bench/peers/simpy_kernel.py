"""The work of ../kernel-work.ts as SimPy processes; SimPy 2 (Debian's) and SimPy 3 or later. Arguments as there."""
import array
import json
import resource
import sys
import time

table_path, work = sys.argv[1:3]
size, jobs, warmup, chunks, operations = map(int, sys.argv[3:])

with open(table_path, "rb") as file:
    data = file.read()
entries = len(data) // 12
delays = array.array("d", data[: entries * 8]).tolist()
routes = [route % size for route in array.array("i", data[entries * 8 :])]
mask = entries - 1


class Progress:
    """Counts operations, and stops the simulation after the last chunk."""

    def __init__(self, now, stop):
        self.now = now
        self.stop = stop
        self.done = 0
        self.end = operations
        self.end_times = []
        self.ns_per_operation = []
        self.start = time.perf_counter_ns()

    def count(self):
        self.done += 1
        if self.done != self.end:
            return
        took = time.perf_counter_ns() - self.start
        self.end_times.append(round(self.now()))
        if len(self.end_times) > warmup:
            self.ns_per_operation.append(took / operations)
        if len(self.end_times) == warmup + chunks:
            self.stop()
        self.end += operations
        self.start = time.perf_counter_ns()


class Network:
    """Queues and draws; `wake(server, delay)` starts an idle server."""

    def __init__(self, wake):
        self.wake = wake
        self.queues = [[] for _ in range(size)]
        self.heads = [0] * size
        self.draws = 0

    def draw(self):
        delay = delays[self.draws & mask]
        self.draws += 1
        return delay

    def arrive(self, job, server):
        queue = self.queues[server]
        queue.append(job)
        if len(queue) - self.heads[server] == 1:
            self.wake(server, self.draw())

    def complete(self, server):
        """Sends the first job on; returns the delay of the next service, or None."""
        queue = self.queues[server]
        head = self.heads[server]
        job = queue[head]
        head += 1
        if head > 64 and head * 2 > len(queue):
            del queue[:head]
            head = 0
        self.heads[server] = head
        delay = self.draw() if head < len(queue) else None
        self.arrive(job, routes[progress.done & mask])
        if delay is None and len(queue) > head:
            # It came straight back to the idle server, whose wake-up is this return value.
            delay = self.own_wake
            self.own_wake = None
        return delay


try:
    import simpy

    version = "SimPy " + simpy.__version__
    env = simpy.Environment()
    finished = env.event()
    progress = Progress(lambda: env.now, finished.succeed)

    def hold_process(at):
        yield env.timeout(at)
        while True:
            delay = delays[progress.done & mask]
            progress.count()
            yield env.timeout(delay)

    idle = [None] * size

    def wake(server, delay):
        event = idle[server]
        if event is None:
            network.own_wake = delay
        else:
            idle[server] = None
            event.succeed(delay)

    def server_process(server, delay):
        while True:
            yield env.timeout(delay)
            delay = network.complete(server)
            progress.count()
            if delay is None:
                idle[server] = env.event()
                delay = yield idle[server]

    def start_hold(at):
        env.process(hold_process(at))

    def start_server(server, delay):
        env.process(server_process(server, delay))

    def run():
        env.run(until=finished)

except ImportError:
    from SimPy.Simulation import Process, activate, hold, initialize, now, passivate, reactivate, simulate, stopSimulation
    from SimPy import __version__ as simpy_version

    version = "SimPy " + simpy_version
    initialize()
    progress = Progress(now, stopSimulation)

    class HoldProcess(Process):
        def run(self):
            while True:
                delay = delays[progress.done & mask]
                progress.count()
                yield hold, self, delay

    servers = [None] * size

    def wake(server, delay):
        process = servers[server]
        if process.busy:
            network.own_wake = delay
        else:
            process.busy = True
            process.delay = delay
            reactivate(process)

    class ServerProcess(Process):
        def run(self, server):
            while True:
                yield hold, self, self.delay
                self.delay = network.complete(server)
                progress.count()
                if self.delay is None:
                    self.busy = False
                    yield passivate, self

    def start_hold(at):
        process = HoldProcess()
        activate(process, process.run(), at=at)

    def start_server(server, delay):
        process = ServerProcess()
        process.busy = True
        process.delay = delay
        servers[server] = process
        activate(process, process.run(server))

    def run():
        simulate(until=sys.float_info.max)


if work == "hold":
    for i in range(size):
        start_hold(delays[i & mask] + i)
else:
    network = Network(start_server)
    for job in range(jobs):
        network.arrive(job, job % size)
    network.wake = wake
progress.start = time.perf_counter_ns()
run()
print(
    json.dumps(
        {
            "version": version,
            "endTimesNs": progress.end_times,
            "nsPerOperation": progress.ns_per_operation,
            "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
