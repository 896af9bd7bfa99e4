/**
 * The TaskManager's side of a task's life (TaskExecutor, Task): create serially on its main thread, open, run, cancel,
 * fail. Keeps `TaskTable`, the observer's truth. What an attempt does with data is the data plane's; what the
 * JobManager thinks of it is `execution-graph.ts`.
 */

import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { EndReason, Probe } from "../probe.js";
import { RPC_SALT, rpcWire } from "../rpc-wire.js";
import { TASK_STATE } from "../task-table.js";

/** Whom the executor tells; all calls happen at the instant of the change. */
export interface TaskExecutorListener {
  /** The attempt is RUNNING on its TaskManager. */
  running(task: number, step: number): void;
  /** The attempt is gone; `how` as in the data plane's port. */
  ended(task: number, how: "canceled" | "failed", step: number, reason: EndReason): void;
  /** The RPC that reports RUNNING, or the terminal state after a cancel, reaches the JobManager at `arrivesNs`. */
  reportRunning(task: number, attempt: number, arrivesNs: number, step: number): void;
  reportTerminal(task: number, attempt: number, arrivesNs: number, step: number): void;
  /** A newer attempt is submitted while this one still runs on a TaskManager that the JobManager has given up. */
  superseded(task: number, step: number): void;
}

export class TaskExecutor {
  private readonly context: ControlContext;
  private readonly listener: TaskExecutorListener;
  private readonly probe: Probe;
  /** Next free instant of each TaskManager's main thread, and the step it served last. */
  private readonly mainFreeNs: number[] = [];
  private readonly mainLastStep: number[] = [];
  private readonly created: number;
  private readonly opened: number;
  private readonly cancelDone: number;
  private readonly stepCreate: number;
  private readonly stepOpen: number;
  private readonly stepCancel: number;
  private readonly stepReport: number;

  constructor(context: ControlContext, probe: Probe, listener: TaskExecutorListener) {
    this.context = context;
    this.probe = probe;
    this.listener = listener;
    const { sim, log } = context;
    this.stepCreate = log.kindId("task-create");
    this.stepOpen = log.kindId("task-open");
    this.stepCancel = log.kindId("task-cancel");
    this.stepReport = log.kindId("state-report-wire");
    this.created = sim.defineKind("task-created", PRIORITY.completion, (_e, task, attempt, step) =>
      this.onCreated(task, attempt, step),
    );
    this.opened = sim.defineKind("task-opened", PRIORITY.completion, (_e, task, attempt, step) =>
      this.onOpened(task, attempt, step),
    );
    this.cancelDone = sim.defineKind("task-cancel-done", PRIORITY.completion, (_e, task, attempt, step) =>
      this.onCancelDone(task, attempt, step),
    );
  }

  /** submitTask reaches a living TaskManager: tasks are created serially on its main thread. */
  submit(task: number, attempt: number, tm: number, cause: number): void {
    // Overtaken by the submission of a newer attempt.
    if (attempt <= this.context.tasks.attempt[task]!) return;
    const { sim, log, draws } = this.context;
    const { tasks, cluster } = this.context;
    if (tasks.state[task] !== TASK_STATE.down) {
      tasks.state[task] = TASK_STATE.down;
      this.listener.superseded(task, cause);
    }
    const cost = this.slowed(tm, draws.draw("taskCreate", task, attempt));
    const startNs = Math.max(sim.nowNs, this.mainFreeNs[tm] ?? 0);
    const waited = startNs > sim.nowNs;
    const step = log.add(
      this.stepCreate,
      PHASE.deploy,
      threadId(THREAD.taskManager, tm),
      task,
      startNs,
      startNs + cost,
      cause,
      waited ? this.mainLastStep[tm]! : -1,
      costIndex("taskCreate"),
      cost,
    );
    this.mainFreeNs[tm] = startNs + cost;
    this.mainLastStep[tm] = step;
    const previous = tasks.taskManager[task]!;
    cluster.place(task, tm, previous);
    tasks.attempt[task] = attempt;
    tasks.taskManager[task] = tm;
    tasks.state[task] = TASK_STATE.opening;
    tasks.hung[task] = 0;
    this.probe.attemptDeployed?.(task, attempt, tm);
    sim.schedule(startNs + cost, this.created, this.context.entities.task(task), task, attempt, step);
  }

  private onCreated(task: number, attempt: number, cause: number): void {
    if (!this.current(task, attempt, TASK_STATE.opening)) return;
    const { sim, log, draws } = this.context;
    const cost = this.slowed(this.context.tasks.taskManager[task]!, draws.draw("taskOpen", task, attempt));
    const step = log.timed(
      this.stepOpen,
      PHASE.open,
      threadId(THREAD.task, task),
      task,
      sim.nowNs,
      cause,
      "taskOpen",
      cost,
    );
    sim.schedule(sim.nowNs + cost, this.opened, this.context.entities.task(task), task, attempt, step);
  }

  private onOpened(task: number, attempt: number, step: number): void {
    if (!this.current(task, attempt, TASK_STATE.opening)) return;
    this.context.tasks.state[task] = TASK_STATE.running;
    this.context.tasks.runningNs[task] = this.context.sim.nowNs;
    this.probe.attemptRunning?.(task, attempt);
    this.listener.running(task, step);
    this.listener.reportRunning(task, attempt, ...this.report(task, step, PHASE.connect));
  }

  /** cancelTask reaches a living TaskManager. False if it does not know that attempt (any more): nothing will report its end. */
  cancel(task: number, attempt: number, cause: number): boolean {
    const { sim, log, draws, tasks } = this.context;
    if (tasks.attempt[task] !== attempt) return false;
    if (tasks.state[task] !== TASK_STATE.running && tasks.state[task] !== TASK_STATE.opening) return true;
    tasks.state[task] = TASK_STATE.canceling;
    const cost = this.slowed(tasks.taskManager[task]!, draws.draw("taskCancel", task, attempt));
    const step = log.timed(
      this.stepCancel,
      PHASE.cancel,
      threadId(THREAD.task, task),
      task,
      sim.nowNs,
      cause,
      "taskCancel",
      cost,
    );
    sim.schedule(sim.nowNs + cost, this.cancelDone, this.context.entities.task(task), task, attempt, step);
    return true;
  }

  private onCancelDone(task: number, attempt: number, step: number): void {
    if (!this.current(task, attempt, TASK_STATE.canceling)) return;
    this.context.tasks.state[task] = TASK_STATE.down;
    this.listener.ended(task, "canceled", step, "canceled");
    this.listener.reportTerminal(task, attempt, ...this.report(task, step, PHASE.cancel));
  }

  /** The task thread throws at this instant: the attempt is gone. False if it was gone already. */
  fail(task: number, step: number, reason: EndReason): boolean {
    const { tasks } = this.context;
    if (tasks.state[task] === TASK_STATE.down) return false;
    tasks.state[task] = TASK_STATE.down;
    this.listener.ended(task, "failed", step, reason);
    return true;
  }

  /** On a slow machine every thread takes its time. */
  private slowed(tm: number, costNs: number): number {
    return Math.round(costNs * this.context.cluster.slowdown[tm]!);
  }

  private current(task: number, attempt: number, state: number): boolean {
    const { tasks } = this.context;
    return tasks.attempt[task] === attempt && tasks.state[task] === state;
  }

  private report(task: number, cause: number, phase: typeof PHASE.connect | typeof PHASE.cancel): [number, number] {
    return rpcWire(this.context, RPC_SALT.stateReport, this.stepReport, phase, task, this.context.sim.nowNs, cause);
  }
}
