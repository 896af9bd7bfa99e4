/**
 * The chaos verbs: what a fault does to machines, TaskManagers and tasks, each an entity transition of its own. When
 * and to whom is a fault's business (`faults/`). Crash, power loss and task failure are different verbs, because
 * different parties notice, at different times.
 */
import { costIndex, THREAD, threadId } from "./causal-log.js";
import { TM_STATE } from "./cluster/cluster-state.js";
import type { JobManager } from "./cluster/job-manager.js";
import type { TaskExecutor } from "./cluster/task-executor.js";
import type { ControlContext } from "./control-context.js";
import type { Network } from "./network/protocol.js";
import { PHASE } from "./phases.js";
import type { RecoveryObserver } from "./recovery-observer.js";
import type { Recorder } from "./simulate.js";
import { TASK_STATE } from "./task-table.js";

export interface ChaosParts {
  readonly executor: TaskExecutor;
  readonly jobManager: JobManager;
  readonly network: Network;
  readonly observer: RecoveryObserver;
  readonly record: Recorder;
  reportFailure(task: number, step: number, byPeer: boolean): void;
}

export class Chaos {
  readonly context: ControlContext;
  private readonly parts: ChaosParts;
  private readonly stepFault: number;
  private readonly stepExit: number;
  private readonly stepNode: number;
  private readonly stepMaster: number;

  constructor(context: ControlContext, parts: ChaosParts) {
    this.context = context;
    this.parts = parts;
    this.stepFault = context.log.kindId("fault");
    this.stepExit = context.log.kindId("container-exit-noticed");
    this.stepNode = context.log.kindId("node-manager-heartbeat");
    this.stepMaster = context.log.kindId("application-master-heartbeat");
  }

  private begin(name: string): number {
    const { sim, log } = this.context;
    const step = log.add(this.stepFault, PHASE.none, threadId(THREAD.world, 0), 0, sim.nowNs, sim.nowNs, -1, -1);
    this.parts.observer.fault(name, step);
    this.parts.record.incident = this.parts.observer.incidents.length - 1;
    this.parts.record.mark(`fault: ${name}`);
    return step;
  }

  /** The process dies; its host closes the connections, and a provider notices the container's exit. */
  killTaskManager(tm: number): void {
    if (!this.context.cluster.alive(tm)) return;
    const step = this.begin(`kill-task-manager ${tm}`);
    this.end(tm, TM_STATE.dead, step);
    this.containerExit(tm, step);
  }

  /** The machine loses power: every TaskManager on it is gone, and nobody is told. */
  powerLoss(machine: number): void {
    const { cluster } = this.context;
    const victims = cluster.onMachine(machine).filter((tm) => cluster.alive(tm));
    if (victims.length === 0) return;
    const step = this.begin(`power-loss ${machine}`);
    for (const tm of victims) this.end(tm, TM_STATE.silent, step);
  }

  /** The task throws; slot and TaskManager stand. */
  failTask(task: number): void {
    const { tasks } = this.context;
    if (tasks.state[task] === TASK_STATE.down) return;
    const step = this.begin(`fail-task ${this.taskName(task)}`);
    this.parts.record.tasksFailed++;
    if (this.parts.executor.fail(task, step)) this.parts.reportFailure(task, step, false);
  }

  /** The JobManager has given up a TaskManager that lives: it fails its tasks and registers its slots anew. */
  disconnect(tm: number, step: number): void {
    const { cluster, tasks, sim, draws } = this.context;
    if (!cluster.alive(tm)) return;
    this.parts.record.mark(`false alarm: TaskManager ${tm}`);
    for (const task of [...cluster.tasksOn[tm]!]) {
      if (tasks.state[task] === TASK_STATE.down) continue;
      this.parts.record.tasksFailed++;
      if (this.parts.executor.fail(task, step)) this.parts.reportFailure(task, step, false);
    }
    const roundTripNs = 2 * draws.draw("rpcLatency", tm, 7);
    this.parts.jobManager.registerTaskManager(tm, sim.nowNs + roundTripNs, step);
  }

  taskName(task: number): string {
    const { topology, config } = this.context;
    return `${config.vertices[topology.taskVertex[task]!]!.id} (${topology.taskSubtask[task]!})`;
  }

  private end(tm: number, state: number, step: number): void {
    const { cluster, tasks } = this.context;
    const { record, observer, network } = this.parts;
    cluster.state[tm] = state;
    const victims = cluster.tasksOn[tm]!.filter((task) => tasks.state[task] !== TASK_STATE.down);
    const running = victims.filter((task) => tasks.started[task] === 1);
    const slots = new Set(victims.map((task) => this.context.topology.taskSlot[task]!));
    record.slotsLost += slots.size;
    record.tasksFailed += victims.length;
    for (const task of victims) {
      // A task that was still opening is down already in the observer's account.
      if (tasks.started[task] === 1) observer.changeTasksDown(1, step);
      tasks.state[task] = TASK_STATE.down;
      tasks.started[task] = 0;
      record.task(task);
    }
    if (running.length > 0) network.tasksEnded(running, tm, state === TM_STATE.silent ? "silent" : "killed", step);
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
      step = log.add(kind, PHASE.detect, threadId(THREAD.resourceManager, 0), tm, atNs, atNs + durationNs, step, -1, costIndex(cost), durationNs);
      atNs += durationNs;
    }
    this.parts.jobManager.reportTaskManagerLost(tm, atNs, step);
  }
}
