/**
 * The chaos verbs: what a fault does to machines, TaskManagers, tasks, threads and links, each an entity transition of
 * its own. When and to whom is a fault's business (`faults/`). Crash, power loss, hang, slowness and partition are
 * different verbs, because different parties notice, at different times, and queued data fares differently. Hangs and
 * slowness have a file of their own (`slowness.ts`).
 */
import { THREAD, threadId } from "./causal-log.js";
import { TM_STATE } from "./cluster/cluster-state.js";
import type { JobManager } from "./cluster/job-manager.js";
import { JOB_MANAGER_NODE } from "./cluster/reachability.js";
import type { TaskExecutor } from "./cluster/task-executor.js";
import type { ControlContext } from "./control-context.js";
import { FaultMarks, type MarkedParts } from "./fault-marks.js";
import type { DataPlane } from "./network/data-plane.js";
import type { Network } from "./network/protocol.js";
import { PHASE } from "./phases.js";
import { Slowness } from "./slowness.js";
import { TASK_STATE } from "./task-table.js";

export interface ChaosParts extends MarkedParts {
  readonly executor: TaskExecutor;
  readonly jobManager: JobManager;
  readonly network: Network;
  readonly plane: DataPlane;
  reportFailure(task: number, step: number, byPeer: boolean): void;
}

export class Chaos {
  readonly context: ControlContext;
  /** The verbs that slow threads down. */
  readonly slowness: Slowness;
  private readonly marks: FaultMarks;
  private readonly parts: ChaosParts;
  private readonly stepExit: number;
  private readonly stepNode: number;
  private readonly stepMaster: number;
  /** Attempts that still run on a TaskManager which the JobManager has given up, and replaced elsewhere. */
  private readonly zombies = new Map<number, { task: number; attempt: number }[]>();

  constructor(context: ControlContext, parts: ChaosParts) {
    this.context = context;
    this.parts = parts;
    this.marks = new FaultMarks(context, parts);
    this.slowness = new Slowness(context, this.marks, parts.network, parts.plane);
    this.stepExit = context.log.kindId("container-exit-noticed");
    this.stepNode = context.log.kindId("node-manager-heartbeat");
    this.stepMaster = context.log.kindId("application-master-heartbeat");
    context.links.onChange = (from, to, up) => {
      if (from !== JOB_MANAGER_NODE && to !== JOB_MANAGER_NODE)
        parts.plane.setLinkState?.(from, to, up ? "up" : "down");
    };
  }

  /** The process dies; its host closes the connections, and a provider notices the container's exit. */
  killTaskManager(tm: number): void {
    if (!this.context.cluster.alive(tm)) return;
    const step = this.marks.begin(`kill-task-manager ${tm}`, this.context.sim.nowNs);
    this.end(tm, TM_STATE.dead, step);
    this.containerExit(tm, step);
  }

  /** The machine loses power: every TaskManager on it is gone, and nobody is told. */
  powerLoss(machine: number): void {
    const { cluster } = this.context;
    const victims = cluster.onMachine(machine).filter((tm) => cluster.alive(tm));
    if (victims.length === 0) return;
    const step = this.marks.begin(`power-loss ${machine}`, this.context.sim.nowNs);
    for (const tm of victims) this.end(tm, TM_STATE.silent, step);
  }

  /** All processes of a machine die; its kernel lives long enough to close their sockets. */
  killMachine(machine: number): void {
    const { cluster } = this.context;
    const victims = cluster.onMachine(machine).filter((tm) => cluster.alive(tm));
    if (victims.length === 0) return;
    const step = this.marks.begin(`kill-machine ${machine}`, this.context.sim.nowNs);
    for (const tm of victims) this.end(tm, TM_STATE.dead, step);
    for (const tm of victims) this.containerExit(tm, step);
  }

  /** The machine is back. Where nobody starts containers, its TaskManagers start by themselves and register. */
  machineReturns(machine: number): void {
    const { cluster, sim, draws } = this.context;
    if (cluster.config.provider !== "standalone") return;
    this.parts.record.mark(`machine ${machine} is back`);
    for (const lost of cluster.onMachine(machine)) {
      if (cluster.alive(lost)) continue;
      const tm = cluster.add(false, machine);
      const startNs = draws.draw("containerStart", 0, 1_000_000 + lost);
      this.parts.jobManager.registerTaskManager(tm, sim.nowNs + startNs + 2 * draws.draw("rpcLatency", tm, 7), -1);
    }
  }

  /** The task throws; slot and TaskManager stand. */
  failTask(task: number): void {
    const { tasks } = this.context;
    if (tasks.state[task] === TASK_STATE.down) return;
    const step = this.marks.begin(`fail-task ${this.marks.taskName(task)}`, this.context.sim.nowNs);
    this.parts.record.tasksFailed++;
    if (this.parts.executor.fail(task, step, "fault")) this.parts.reportFailure(task, step, false);
  }

  /** The TaskManager and the JobManager have lost each other: it fails its tasks and registers its slots anew. */
  disconnect(tm: number, step: number): void {
    const { cluster, tasks, sim, draws, links } = this.context;
    if (!cluster.alive(tm)) return;
    this.parts.record.mark(`false alarm: TaskManager ${tm}`);
    for (const task of [...cluster.tasksOn[tm]!]) {
      if (tasks.state[task] === TASK_STATE.down) continue;
      this.parts.record.tasksFailed++;
      if (this.parts.executor.fail(task, step, "job-manager-lost")) this.parts.reportFailure(task, step, false);
    }
    this.zombiesEnd(tm, false, step);
    const roundTripNs = 2 * draws.draw("rpcLatency", tm, 7);
    links.send(tm, JOB_MANAGER_NODE, roundTripNs, (arrivesNs) =>
      this.parts.jobManager.registerTaskManager(tm, Math.max(arrivesNs, sim.nowNs), step),
    );
  }

  /** A newer attempt was placed elsewhere while this one still runs, unseen. */
  zombie(task: number, attempt: number, tm: number): void {
    const list = this.zombies.get(tm);
    if (list) list.push({ task, attempt });
    else this.zombies.set(tm, [{ task, attempt }]);
  }

  private zombiesEnd(tm: number, processDied: boolean, step: number): void {
    const list = this.zombies.get(tm);
    if (list === undefined) return;
    this.zombies.delete(tm);
    this.parts.network.connectionsClosed(list, tm, processDied, step);
  }

  private end(tm: number, state: number, step: number): void {
    const { cluster, tasks } = this.context;
    const { record, observer, network, probe } = this.parts;
    cluster.state[tm] = state;
    const victims = cluster.tasksOn[tm]!.filter((task) => tasks.state[task] !== TASK_STATE.down);
    const running = victims.filter((task) => tasks.started[task] === 1);
    const slots = new Set(victims.map((task) => this.context.topology.taskSlot[task]!));
    record.slotsLost += slots.size;
    record.tasksFailed += victims.length;
    const how = state === TM_STATE.silent ? "silent" : "killed";
    for (const task of victims) {
      // A task that was still opening is down already in the observer's account.
      if (tasks.started[task] === 1) observer.changeTasksDown(1, step);
      tasks.state[task] = TASK_STATE.down;
      tasks.started[task] = 0;
      probe.attemptEnded?.(task, tasks.attempt[task]!, how, "fault");
      record.task(task);
    }
    if (running.length > 0) network.tasksEnded(running, tm, how, step);
    if (how === "silent") return;
    network.taskManagerDied(tm, step);
    this.zombiesEnd(tm, true, step);
  }

  /** YARN or Kubernetes sees the container end: node agent, its heartbeat, the application master's heartbeat. */
  private containerExit(tm: number, cause: number): void {
    const { config, sim, log, draws } = this.context;
    if (config.cluster.provider === "standalone") return;
    let atNs = sim.nowNs;
    let step = cause;
    for (const [kind, cost] of [
      [this.stepExit, "containerExitNotice"],
      [this.stepNode, "nodeManagerHeartbeat"],
      [this.stepMaster, "applicationMasterHeartbeat"],
    ] as const) {
      const durationNs = draws.draw(cost, tm, 0);
      step = log.timed(kind, PHASE.detect, threadId(THREAD.resourceManager, 0), tm, atNs, step, cost, durationNs);
      atNs += durationNs;
    }
    this.parts.jobManager.reportTaskManagerLost(tm, atNs, step);
  }

  /** Messages from each node to each other node are held up; TCP retransmits them when it is over. */
  partition(name: string, cuts: readonly (readonly [from: number, to: number])[], endsNs: number | null): () => void {
    const { links } = this.context;
    this.marks.beginLasting(name, endsNs);
    for (const [from, to] of cuts) links.cut(from, to);
    return () => {
      this.marks.over(name);
      for (const [from, to] of cuts) links.heal(from, to);
    };
  }
}
