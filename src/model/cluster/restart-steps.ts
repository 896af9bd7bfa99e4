/**
 * The steps of every restart on the main thread: cancel, wait for the terminal states, delay, reset; then its slots are
 * asked for (`slot-requests.ts`). A newer restart takes tasks over from an older one that has not deployed them
 * (ExecutionVertexVersioner); the older one goes on with the rest.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { CancelAsks } from "./cancel-asks.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import { newRestart, type Restart } from "./restarts.js";
import type { TaskExecutor } from "./task-executor.js";
import type { DefineOperation } from "./task-operations.js";

export interface RestartListener {
  /** A restart begins: these tasks, those that run cancelled first if they are to be. */
  restarting(tasks: Int32Array, cancelFirst: boolean): void;
  jobFailed(reason: string): void;
  /** Every task of the restart has a new attempt: they need slots. */
  reset(restart: Restart, step: number): void;
  /** Every task of the restart has its slot. */
  granted(restart: Restart, step: number): void;
}

export class RestartSteps {
  /** The job is given up: nothing is restarted any more. */
  jobFailed = false;
  readonly cancelDecisionsNs: number[] = [];
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly thread: MainThread;
  private readonly listener: RestartListener;
  private readonly cancels: CancelAsks;
  private readonly restarts: Restart[] = [];
  private restartsUsed = 0;
  private readonly cancelTask: number;
  private readonly taskTerminal: number;
  private readonly resetTask: number;
  private readonly delayDone: number;
  private readonly stepDelay: number;

  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    thread: MainThread,
    operation: DefineOperation,
    listener: RestartListener,
  ) {
    this.context = context;
    this.graph = graph;
    this.thread = thread;
    this.listener = listener;
    this.cancelTask = operation("cancel-task", (task, _id, step) => this.onCancelTask(task, step));
    const cancelAck = operation("cancel-acknowledged", () => {});
    this.taskTerminal = operation("task-terminal", (task, attempt, step) => this.onTaskTerminal(task, attempt, step));
    this.resetTask = operation("reset-task", (task, id, step) => this.onResetTask(task, id, step));
    this.delayDone = context.sim.defineKind("restart-delay-done", PRIORITY.timer, (_e, id, _b, step) =>
      this.onDelayDone(id, step),
    );
    this.stepDelay = context.log.kindId("restart-delay");
    this.cancels = new CancelAsks(context, graph, thread, cancelAck, this.taskTerminal);
  }

  connect(executor: TaskExecutor): void {
    this.cancels.connect(executor);
  }

  reportTerminal(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskTerminal, task, attempt, step);
  }

  byId(id: number): Restart {
    return this.restarts[id]!;
  }

  /** The restart that owns the task's next attempt. */
  of(task: number): Restart | undefined {
    return this.restarts[this.graph.restart[task]!];
  }

  owns(restart: Restart, task: number): boolean {
    return this.graph.restart[task] === restart.id;
  }

  /** True while one is between its decision and its deployment. */
  get pending(): boolean {
    return this.restarts.some((restart) => restart.stage !== "deployed" && restart.stage !== "superseded");
  }

  begin(plan: Pick<Restart, "tasks" | "cancelFirst" | "updateConsumers">, step: number): void {
    const { context, graph } = this;
    const { engine } = context.config;
    if (plan.cancelFirst && (engine.restartStrategy === "none" || this.restartsUsed >= engine.restartAttempts)) {
      this.jobFailed = true;
      this.listener.jobFailed(
        engine.restartStrategy === "none" ? "no restart strategy" : "restart attempts are used up",
      );
      return;
    }
    if (plan.cancelFirst) {
      this.restartsUsed++;
      this.cancelDecisionsNs.push(context.sim.nowNs);
    }
    const restart = newRestart(
      this.restarts.length,
      plan,
      context.sim.nowNs,
      plan.cancelFirst ? engine.restartDelayNs : 0,
    );
    this.restarts.push(restart);
    this.listener.restarting(plan.tasks, plan.cancelFirst);
    const overtaken = new Set<Restart>();
    for (const task of plan.tasks) {
      const earlier = this.of(task);
      if (earlier !== undefined && earlier.stage !== "deployed") {
        this.leave(task, earlier);
        overtaken.add(earlier);
      }
      graph.restart[task] = restart.id;
      const state = graph.state[task]!;
      if (state === EXECUTION.running || state === EXECUTION.deploying) {
        graph.state[task] = EXECUTION.canceling;
        restart.awaitingTerminal++;
        this.thread.post(this.cancelTask, task, restart.id, step);
      } else if (state === EXECUTION.canceling) restart.awaitingTerminal++;
      else graph.state[task] = EXECUTION.terminal;
    }
    if (restart.awaitingTerminal === 0) this.afterCancel(restart, step);
    for (const earlier of overtaken) this.goOnWithout(earlier, step);
  }

  /** A newer restart takes the task over; the rest of the older one goes on (execution vertex versions). */
  private leave(task: number, restart: Restart): void {
    const state = this.graph.state[task]!;
    restart.size--;
    if (restart.stage === "cancel" && state === EXECUTION.canceling) restart.awaitingTerminal--;
    else if (restart.stage === "reset" && state === EXECUTION.terminal) restart.awaitingReset--;
    else if (restart.stage === "slots" && state === EXECUTION.scheduled) restart.granted--;
  }

  /** What the tasks that left were waited for may have been the last thing. */
  private goOnWithout(restart: Restart, step: number): void {
    if (restart.size === 0) restart.stage = "superseded";
    else if (restart.stage === "cancel" && restart.awaitingTerminal === 0) this.afterCancel(restart, step);
    else if (restart.stage === "reset" && restart.awaitingReset === 0) this.listener.reset(restart, step);
    else if (restart.stage === "slots" && restart.granted === restart.size) this.listener.granted(restart, step);
  }

  private onCancelTask(task: number, step: number): void {
    if (this.graph.state[task] === EXECUTION.canceling) this.cancels.ask(task, this.graph.attempt[task]!, 1, step);
  }

  private onTaskTerminal(task: number, attempt: number, step: number): void {
    if (this.graph.attempt[task] === attempt && this.graph.state[task] === EXECUTION.canceling)
      this.becomeTerminal(task, step);
  }

  /** A task that was being cancelled is gone. */
  becomeTerminal(task: number, step: number): void {
    this.graph.state[task] = EXECUTION.terminal;
    const restart = this.of(task);
    if (restart === undefined || restart.stage !== "cancel") return;
    restart.awaitingTerminal--;
    if (restart.awaitingTerminal === 0) this.afterCancel(restart, step);
  }

  private afterCancel(restart: Restart, cause: number): void {
    const { sim, config, log } = this.context;
    restart.stage = "delay";
    const delayedUntilNs =
      config.engine.restartDelayComposition === "sum"
        ? sim.nowNs + restart.delayNs
        : Math.max(sim.nowNs, restart.startedNs + restart.delayNs);
    if (delayedUntilNs === sim.nowNs) {
      this.onDelayDone(restart.id, cause);
      return;
    }
    const step = log.timed(
      this.stepDelay,
      PHASE.delay,
      threadId(THREAD.timer, 0),
      restart.id,
      sim.nowNs,
      cause,
      "restartDelay",
      delayedUntilNs - sim.nowNs,
    );
    sim.schedule(delayedUntilNs, this.delayDone, this.context.entities.jobManager, restart.id, 0, step);
  }

  private onDelayDone(id: number, step: number): void {
    const restart = this.byId(id);
    if (restart.stage !== "delay" || this.jobFailed) return;
    restart.stage = "reset";
    restart.awaitingReset = restart.size;
    for (const task of restart.tasks) if (this.owns(restart, task)) this.thread.post(this.resetTask, task, id, step);
  }

  private onResetTask(task: number, id: number, step: number): void {
    const restart = this.byId(id);
    if (restart.stage !== "reset" || !this.owns(restart, task)) return;
    this.graph.state[task] = EXECUTION.created;
    this.graph.attempt[task] = this.graph.attempt[task]! + 1;
    restart.awaitingReset--;
    if (restart.awaitingReset === 0) this.listener.reset(restart, step);
  }
}
