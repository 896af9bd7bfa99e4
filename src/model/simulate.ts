/**
 * Runs one case. The steps, in order: 1 topology and placement · 2 kernel, streams, trace · 3 cluster, JobManager,
 * task executor, network protocol · 4 data plane · 5 heartbeats · 6 faults · 7 run to the end · 8 collect.
 * Strategies, faults and the data plane are handed in: the model knows none of them by name.
 */
import { PRIORITY } from "../kernel/priorities.js";
import { RandomStreams } from "../kernel/random.js";
import { Simulation } from "../kernel/simulation.js";
import { CausalLog, THREAD, threadId } from "./causal-log.js";
import { Chaos } from "./chaos.js";
import { ClusterState } from "./cluster/cluster-state.js";
import { Heartbeats } from "./cluster/heartbeats.js";
import { JobManager } from "./cluster/job-manager.js";
import { JOB_MANAGER_NODE, Reachability } from "./cluster/reachability.js";
import type { FailoverStrategy } from "./cluster/strategy-port.js";
import { TaskExecutor } from "./cluster/task-executor.js";
import type { ModelConfig } from "./config.js";
import { type ControlContext, entityRanges } from "./control-context.js";
import { CostDraws } from "./cost-draws.js";
import type { DataPlane, PlaneContext, PlaneListener, PlaneResult } from "./network/data-plane.js";
import { PartitionStateChecks } from "./network/partition-state.js";
import { Network } from "./network/protocol.js";
import { UpdateRpcs } from "./network/update-rpcs.js";
import { PHASE } from "./phases.js";
import { joined, type ProbeFactory } from "./probe.js";
import { Recorder, type TaskChange } from "./recorder.js";
import { type ObservedIncident, RecoveryObserver } from "./recovery-observer.js";
import { TASK_STATE, TaskTable } from "./task-table.js";
import { buildTopology, type Topology } from "./topology/topology.js";
import { Violations } from "./violations.js";

export interface Parts {
  readonly strategy: FailoverStrategy;
  createPlane(context: PlaneContext, listener: PlaneListener): DataPlane;
  /** Turns the scenario's faults into scheduled chaos verbs. */
  scheduleFaults(chaos: Chaos, config: ModelConfig, sim: Simulation, streams: RandomStreams): void;
  /** What watches the run for broken invariants. */
  readonly probes?: readonly ProbeFactory[];
}

export interface SimulateOptions {
  /** Gaps, latency and deficits are measured from here (the first fault of the case, also in its twin). */
  readonly measureFromNs: number;
  readonly onProgress?: (virtualNs: number, events: number) => void;
  readonly shuffleSalt?: number;
}

/** Everything a run leaves behind, before any measure is made of it. */
export interface RunRecord {
  readonly config: ModelConfig;
  readonly topology: Topology;
  readonly log: CausalLog;
  readonly incidents: readonly ObservedIncident[];
  readonly plane: PlaneResult;
  readonly events: number;
  readonly endNs: number;
  readonly endState: "completed" | "deadlocked" | "job-failed";
  readonly tasksFailed: number;
  readonly tasksFailedByPeers: number;
  readonly tasksRestarted: number;
  readonly slotsLost: number;
  readonly attempts: Int32Array;
  readonly taskManagerOf: Int32Array;
  readonly taskChanges: readonly TaskChange[];
  readonly queueLengths: readonly { timeNs: number; length: number }[];
  readonly channelsDown: readonly { timeNs: number; channels: number }[];
  readonly markers: readonly { timeNs: number; name: string; incident: number }[];
  /** When each restart that cancels tasks first was decided. */
  readonly cancelDecisionsNs: readonly number[];
  readonly coverage: ReadonlyMap<string, number>;
  readonly openAtEnd: { tasks: number; channels: number };
  /** Broken invariants that the probes noticed; those of the data plane are in `plane`. */
  readonly violations: readonly { name: string; count: number; first: string }[];
}

const PROGRESS_NS = 1_000_000_000;
/** `deadlocked`: no output and no recovery step pending for this long. */
const DEADLOCK_NS = 60_000_000_000;

export function simulate(config: ModelConfig, parts: Parts, options: SimulateOptions): RunRecord {
  // 1
  const topology = buildTopology(config);
  const tasks = new TaskTable(topology.tasks);
  const cluster = new ClusterState(config.cluster);
  for (let task = 0; task < topology.tasks; task++) {
    const tm = Math.floor(topology.taskSlot[task]! / config.cluster.slotsPerTaskManager);
    tasks.taskManager[task] = tm;
    tasks.state[task] = TASK_STATE.running;
    tasks.started[task] = 1;
    cluster.tasksOn[tm]!.push(task);
  }
  // 2
  const sim = new Simulation({ shuffleSalt: options.shuffleSalt ?? config.sameTimeOrder ?? 0 });
  const streams = new RandomStreams(config.seed);
  const log = new CausalLog();
  const links = new Reachability(sim);
  const context: ControlContext = {
    config,
    topology,
    sim,
    log,
    draws: new CostDraws(config.costs, streams),
    tasks,
    cluster,
    links,
    entities: entityRanges(config, topology),
  };
  // 3
  const record = new Recorder(context);
  const observer = new RecoveryObserver(sim);
  observer.onChannels = (down) => record.channels(down);
  const policy = parts.strategy.policy(config);
  const violations = new Violations();
  const probe = joined(
    (parts.probes ?? []).map((create) =>
      create({ context, policy, violated: (name, place) => violations.add(name, place) }),
    ),
  );
  const jobManager = new JobManager(context, parts.strategy, {
    announce: (task, step) => updates.announce(task, step),
    restarting: (tasksOf, cancelFirst) => probe.restarting?.(tasksOf, cancelFirst),
    jobFailed: (reason) => {
      record.mark(`job failed: ${reason}`);
      record.jobFailed = true;
    },
    marker: (name) => record.mark(name),
  });
  jobManager.thread.onLength = (length) => record.queue(length);
  const network = new Network(context, policy, observer, probe, jobManager.graph.attempt, {
    reportLost: (task, attempt, step) => {
      const [arrivesNs, report] = reportOnWire(task, step, "peerErrorReport", attempt);
      jobManager.reportTaskFailed(task, attempt, arrivesNs, report);
    },
    failTask: (task, step, because) => {
      if (!executor.fail(task, step, because)) return;
      if (because === "peer") record.tasksFailedByPeers++;
      reportFailure(task, step, because === "peer");
    },
  });
  const executor = new TaskExecutor(context, probe, {
    running: (task, step) => {
      tasks.started[task] = 1;
      plane.attemptStarted(task);
      chaos.slowness.attemptRunning(task);
      record.task(task);
      observer.changeTasksDown(-1, step);
      network.taskRunning(task, step);
    },
    ended: (task, how, step, reason) => {
      record.task(task);
      probe.attemptEnded?.(task, tasks.attempt[task]!, how, reason);
      // An attempt that never got to RUNNING was down all along, and holds nothing.
      if (tasks.started[task] === 0) return;
      tasks.started[task] = 0;
      observer.changeTasksDown(1, step);
      network.tasksEnded([task], tasks.taskManager[task]!, how, step, reason === "fault");
    },
    reportRunning: (task, attempt, arrivesNs, step) =>
      toJobManager(task, arrivesNs, (at) => jobManager.reportRunning(task, attempt, at, step)),
    reportTerminal: (task, attempt, arrivesNs, step) =>
      toJobManager(task, arrivesNs, (at) => jobManager.reportTerminal(task, attempt, at, step)),
    superseded: (task, step) => {
      record.tasksFailed++;
      record.task(task);
      probe.attemptEnded?.(task, tasks.attempt[task]!, "silent", "superseded");
      const tm = tasks.taskManager[task]!;
      chaos.zombie(task, tasks.attempt[task]!, tm);
      if (tasks.started[task] === 0) return;
      tasks.started[task] = 0;
      observer.changeTasksDown(1, step);
      network.tasksEnded([task], tm, "silent", step);
    },
  });
  jobManager.connect(executor);
  /** What a TaskManager sends about a task; a cut holds it up. */
  const toJobManager = (task: number, arrivesNs: number, report: (arrivesNs: number) => void): void => {
    if (links.whole) report(arrivesNs);
    else links.send(tasks.taskManager[task]!, JOB_MANAGER_NODE, arrivesNs - sim.nowNs, report);
  };
  const stepReport = log.kindId("failure-report");
  const reportOnWire = (
    task: number,
    step: number,
    cost: "peerErrorReport" | "rpcLatency",
    index: number,
  ): [arrivesNs: number, report: number] => {
    const { nowNs } = sim;
    const costNs = context.draws.draw(cost, task, index);
    const report = log.timed(stepReport, PHASE.detect, threadId(THREAD.wire, 0), task, nowNs, step, cost, costNs);
    return [nowNs + costNs, report];
  };
  const reportFailure = (task: number, step: number, byPeer: boolean): void => {
    const attempt = tasks.attempt[task]!;
    const [arrivesNs, report] = byPeer
      ? reportOnWire(task, step, "peerErrorReport", attempt)
      : reportOnWire(task, step, "rpcLatency", 6);
    toJobManager(task, arrivesNs, (at) => jobManager.reportTaskFailed(task, attempt, at, report));
  };
  network.connector.stateChecks = new PartitionStateChecks(context, jobManager.thread);
  const updates = new UpdateRpcs(context, jobManager, network);
  // 4
  const plane = parts.createPlane(
    {
      config,
      topology,
      sim,
      streams,
      tasks,
      taskManagerAlive: (tm) => cluster.alive(tm),
      measureFromNs: options.measureFromNs,
      ...(policy.defects === undefined ? {} : { defects: policy.defects }),
      entityBase: context.entities.dataPlane,
    },
    network,
  );
  network.attach(plane);
  observer.emitted = () => plane.emittedSoFar?.() ?? Number.NaN;
  // 5
  const chaos = new Chaos(context, { executor, jobManager, network, plane, observer, record, probe, reportFailure });
  new Heartbeats(context, jobManager, (tm, step) => chaos.disconnect(tm, step));
  // 6
  // The observer knows it a second later, when the condition has held for so long.
  observer.onRecovered = (incident) => record.mark("recovered", incident.recoveredNs);
  parts.scheduleFaults(chaos, config, sim, streams);
  // 7
  const progress = sim.defineKind("progress", PRIORITY.observation, () => {
    options.onProgress?.(sim.nowNs, sim.eventsHandled);
    sim.schedule(sim.nowNs + PROGRESS_NS, progress, 0);
  });
  sim.schedule(PROGRESS_NS, progress, 0);
  sim.run(config.durationNs);
  // 8
  observer.finish();
  const planeResult = plane.finish(config.durationNs);
  probe.finished?.({
    endNs: config.durationNs,
    jobFailed: record.jobFailed,
    tasksDown: observer.down.tasks,
    channelsDown: observer.down.channels,
    healthySinceNs: observer.healthySinceNs,
    backlogLog: planeResult.bins.backlogLog,
    backlogNetwork: planeResult.bins.backlogNetwork,
  });
  return {
    config,
    topology,
    log,
    incidents: observer.incidents,
    plane: planeResult,
    events: sim.eventsHandled + planeResult.logicalEvents,
    endNs: sim.nowNs,
    endState: record.jobFailed
      ? "job-failed"
      : silentAtEnd(planeResult, config, jobManager, observer)
        ? "deadlocked"
        : "completed",
    tasksFailed: record.tasksFailed,
    tasksFailedByPeers: record.tasksFailedByPeers,
    tasksRestarted: jobManager.tasksRestarted,
    slotsLost: record.slotsLost,
    attempts: tasks.attempt,
    taskManagerOf: tasks.taskManager,
    taskChanges: record.taskChanges,
    queueLengths: record.queueLengths,
    channelsDown: record.channelsDown,
    markers: record.markers,
    cancelDecisionsNs: jobManager.cancelDecisionsNs,
    coverage: network.coverage,
    openAtEnd: observer.down,
    violations: violations.list(),
  };
}

/** No output in the last 60 s, something down, and nobody at work on it. */
function silentAtEnd(
  plane: PlaneResult,
  config: ModelConfig,
  jobManager: JobManager,
  observer: RecoveryObserver,
): boolean {
  if (observer.healthy && plane.stalls.length === 0) return false;
  if (jobManager.recovering || config.durationNs < DEADLOCK_NS) return false;
  const bins = Math.floor(config.durationNs / 1e8);
  for (let bin = bins - DEADLOCK_NS / 1e8; bin < bins; bin++) if (plane.bins.emitted[bin]! > 0) return false;
  return true;
}
