/**
 * Runs one case. The steps, in order: 1 topology and placement · 2 kernel, streams, trace · 3 cluster, JobManager,
 * task executor, network protocol · 4 data plane · 5 heartbeats · 6 faults · 7 run to the end · 8 collect.
 * Strategies, faults and the data plane are handed in: the model knows none of them by name.
 */
import { PRIORITY } from "../kernel/priorities.js";
import { RandomStreams } from "../kernel/random.js";
import { Simulation } from "../kernel/simulation.js";
import { CausalLog, costIndex, THREAD, threadId } from "./causal-log.js";
import { Chaos } from "./chaos.js";
import { ClusterState } from "./cluster/cluster-state.js";
import { Heartbeats } from "./cluster/heartbeats.js";
import { JobManager } from "./cluster/job-manager.js";
import type { FailoverStrategy } from "./cluster/strategy-port.js";
import { TaskExecutor } from "./cluster/task-executor.js";
import type { ModelConfig } from "./config.js";
import { type ControlContext, entityRanges } from "./control-context.js";
import { CostDraws } from "./cost-draws.js";
import type { DataPlane, PlaneContext, PlaneListener, PlaneResult } from "./network/data-plane.js";
import { Network } from "./network/protocol.js";
import { PHASE } from "./phases.js";
import { type ObservedIncident, RecoveryObserver } from "./recovery-observer.js";
import { TASK_STATE, TaskTable } from "./task-table.js";
import { buildTopology, type Topology } from "./topology/topology.js";

export interface Parts {
  readonly strategy: FailoverStrategy;
  createPlane(context: PlaneContext, listener: PlaneListener): DataPlane;
  /** Turns the scenario's faults into scheduled chaos verbs. */
  scheduleFaults(chaos: Chaos, config: ModelConfig, sim: Simulation, streams: RandomStreams): void;
}

export interface SimulateOptions {
  /** Gaps, latency and deficits are measured from here (the first fault of the case, also in its twin). */
  readonly measureFromNs: number;
  readonly onProgress?: (virtualNs: number, events: number) => void;
  readonly shuffleSalt?: number;
}

export interface TaskChange {
  readonly timeNs: number;
  readonly task: number;
  readonly state: number;
  readonly attempt: number;
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
  readonly markers: readonly { timeNs: number; name: string; incident: number }[];
  /** When each restart that cancels tasks first was decided. */
  readonly cancelDecisionsNs: readonly number[];
  readonly coverage: ReadonlyMap<string, number>;
  readonly openAtEnd: { tasks: number; channels: number };
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
  const sim = new Simulation({ shuffleSalt: options.shuffleSalt ?? 0 });
  const streams = new RandomStreams(config.seed);
  const log = new CausalLog();
  const context: ControlContext = {
    config,
    topology,
    sim,
    log,
    draws: new CostDraws(config.costs, streams),
    tasks,
    cluster,
    entities: entityRanges(config, topology),
  };
  // 3
  const record = new Recorder(context);
  const observer = new RecoveryObserver(sim);
  const policy = parts.strategy.policy(config);
  const jobManager = new JobManager(context, parts.strategy, {
    announce: (task, step) => announceToConsumers(task, step),
    jobFailed: (reason) => {
      record.mark(`job failed: ${reason}`);
      record.jobFailed = true;
    },
    marker: (name) => record.mark(name),
  });
  jobManager.thread.onLength = (length) => record.queue(length);
  const network = new Network(context, policy, observer, jobManager.graph.announced, {
    failTask: (task, step, because) => {
      if (!executor.fail(task, step)) return;
      if (because === "peer") record.tasksFailedByPeers++;
      reportFailure(task, step, because === "peer");
    },
  });
  const executor = new TaskExecutor(context, {
    running: (task, step) => {
      tasks.started[task] = 1;
      plane.attemptStarted(task);
      record.task(task);
      observer.changeTasksDown(-1, step);
      network.taskRunning(task, step);
    },
    ended: (task, how, step) => {
      record.task(task);
      // An attempt that never got to RUNNING was down all along, and holds nothing.
      if (tasks.started[task] === 0) return;
      tasks.started[task] = 0;
      observer.changeTasksDown(1, step);
      network.tasksEnded([task], tasks.taskManager[task]!, how, step);
    },
    reportRunning: (task, attempt, arrivesNs, step) => jobManager.reportRunning(task, attempt, arrivesNs, step),
    reportTerminal: (task, attempt, arrivesNs, step) => jobManager.reportTerminal(task, attempt, arrivesNs, step),
  });
  jobManager.connect(executor);
  const stepReport = log.kindId("failure-report");
  const reportFailure = (task: number, step: number, byPeer: boolean): void => {
    const cost = byPeer ? context.draws.draw("peerErrorReport", task, tasks.attempt[task]!) : context.draws.draw("rpcLatency", task, 6);
    const report = log.add(stepReport, PHASE.detect, threadId(THREAD.wire, 0), task, sim.nowNs, sim.nowNs + cost, step, -1, costIndex(byPeer ? "peerErrorReport" : "rpcLatency"), cost);
    jobManager.reportTaskFailed(task, tasks.attempt[task]!, sim.nowNs + cost, report);
  };
  const announceToConsumers = updateRpcs(context, jobManager, network);
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
      entityBase: context.entities.dataPlane,
    },
    network,
  );
  network.attach(plane);
  observer.emitted = () => plane.emittedSoFar?.() ?? Number.NaN;
  // 5
  const chaos = new Chaos(context, { executor, jobManager, network, observer, record, reportFailure });
  new Heartbeats(context, jobManager, (tm, step) => chaos.disconnect(tm, step));
  // 6
  observer.onRecovered = () => record.mark("recovered");
  parts.scheduleFaults(chaos, config, sim, streams);
  // 7
  const progress = sim.defineKind("progress", PRIORITY.observation, () => {
    options.onProgress?.(sim.nowNs, sim.eventsHandled);
    sim.schedule(sim.nowNs + PROGRESS_NS, progress, 0);
  });
  sim.schedule(PROGRESS_NS, progress, 0);
  sim.run(config.durationNs);
  // 8
  const planeResult = plane.finish(config.durationNs);
  return {
    config,
    topology,
    log,
    incidents: observer.incidents,
    plane: planeResult,
    events: sim.eventsHandled + planeResult.logicalEvents,
    endNs: sim.nowNs,
    endState: record.jobFailed ? "job-failed" : silentAtEnd(planeResult, config, jobManager, observer) ? "deadlocked" : "completed",
    tasksFailed: record.tasksFailed,
    tasksFailedByPeers: record.tasksFailedByPeers,
    tasksRestarted: jobManager.tasksRestarted,
    slotsLost: record.slotsLost,
    attempts: tasks.attempt,
    taskManagerOf: tasks.taskManager,
    taskChanges: record.taskChanges,
    queueLengths: record.queueLengths,
    markers: record.markers,
    cancelDecisionsNs: jobManager.cancelDecisionsNs,
    coverage: network.coverage,
    openAtEnd: observer.down,
  };
}

/** No output in the last 60 s, something down, and nobody at work on it. */
function silentAtEnd(plane: PlaneResult, config: ModelConfig, jobManager: JobManager, observer: RecoveryObserver): boolean {
  if (observer.healthy && plane.stalls.length === 0) return false;
  if (jobManager.recovering || config.durationNs < DEADLOCK_NS) return false;
  const bins = Math.floor(config.durationNs / 1e8);
  for (let bin = bins - DEADLOCK_NS / 1e8; bin < bins; bin++) if (plane.bins.emitted[bin]! > 0) return false;
  return true;
}

/**
 * After a producer has reported RUNNING, each of its consumers gets one update RPC; changes that come while the RPC
 * still waits on the main thread ride along (ByteDance: one RPC per downstream task, with all its changed channels).
 */
function updateRpcs(context: ControlContext, jobManager: JobManager, network: Network): (task: number, step: number) => void {
  const { topology, sim, draws, log, tasks, entities } = context;
  const queued = new Uint8Array(topology.tasks);
  const stepWire = log.kindId("update-rpc-wire");
  const arrives = sim.defineKind("update-rpc-arrives", PRIORITY.delivery, (_e, consumer, _b, step) => network.updateArrives(consumer, step));
  const send = jobManager.thread.define({
    name: "update-rpc",
    phase: PHASE.connect,
    cost: "updateRpcMainThread",
    costNs: (consumer) => draws.draw("updateRpcMainThread", consumer, 0),
    handle: (consumer, _b, step) => {
      queued[consumer] = 0;
      const cost = draws.draw("updateRpcWire", consumer, 0);
      const wire = log.add(stepWire, PHASE.connect, threadId(THREAD.wire, 0), consumer, sim.nowNs, sim.nowNs + cost, step, -1, costIndex("updateRpcWire"), cost);
      sim.schedule(sim.nowNs + cost, arrives, entities.task(consumer), consumer, 0, wire);
    },
  });
  return (task, step) => {
    for (const edge of topology.outEdges[topology.taskVertex[task]!]!) {
      const base = topology.taskBase[edge.to]!;
      for (const row of network.rows.rowsOfProducer(task)) {
        const consumer = network.rows.consumer[row]!;
        if (consumer < base || consumer >= base + edge.consumers || queued[consumer] || tasks.state[consumer] === TASK_STATE.down) continue;
        queued[consumer] = 1;
        jobManager.thread.post(send, consumer, 0, step);
      }
    }
  };
}

/** What the playback, the markers and the counts need; written by the parts as things happen. */
export class Recorder {
  tasksFailed = 0;
  tasksFailedByPeers = 0;
  slotsLost = 0;
  jobFailed = false;
  incident = -1;
  readonly taskChanges: TaskChange[] = [];
  readonly queueLengths: { timeNs: number; length: number }[] = [];
  readonly markers: { timeNs: number; name: string; incident: number }[] = [];
  private readonly context: ControlContext;
  private lastLength = 0;

  constructor(context: ControlContext) {
    this.context = context;
  }
  task(task: number): void {
    const { sim, tasks } = this.context;
    this.taskChanges.push({ timeNs: sim.nowNs, task, state: tasks.state[task]!, attempt: tasks.attempt[task]! });
  }
  mark(name: string): void {
    this.markers.push({ timeNs: this.context.sim.nowNs, name, incident: this.incident });
  }
  /** Samples the queue's length when it changed by ten messages and one percent. */
  queue(length: number): void {
    if (Math.abs(length - this.lastLength) < Math.max(10, this.lastLength * 0.01) && !(length === 0 && this.lastLength > 0)) return;
    this.lastLength = length;
    this.queueLengths.push({ timeNs: this.context.sim.nowNs, length });
  }
}
