/**
 * The JobManager's cancel asks (Execution.sendCancelRpcCall): one RPC per task, repeated after the ask timeout while its
 * TaskManager does not answer, up to a number of tries; then the task counts as terminal.
 */

import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { RPC_SALT, rpcWire } from "../rpc-wire.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import { JOB_MANAGER_NODE } from "./reachability.js";
import type { TaskExecutor } from "./task-executor.js";

export class CancelAsks {
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly thread: MainThread;
  private readonly ackMessage: number;
  private readonly terminalMessage: number;
  private executor!: TaskExecutor;
  private readonly arrives: number;
  private readonly timedOut: number;
  private readonly stepWire: number;
  private readonly stepTimeout: number;

  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    thread: MainThread,
    ackMessage: number,
    terminalMessage: number,
  ) {
    this.context = context;
    this.graph = graph;
    this.thread = thread;
    this.ackMessage = ackMessage;
    this.terminalMessage = terminalMessage;
    const { sim, log } = context;
    this.arrives = sim.defineKind("cancel-arrives", PRIORITY.delivery, (_e, task, attempt, step) =>
      this.onArrives(task, attempt, step),
    );
    this.timedOut = sim.defineKind("cancel-ask-timeout", PRIORITY.timer, (_e, task, attemptAndTry, step) =>
      this.onTimeout(task, attemptAndTry, step),
    );
    this.stepWire = log.kindId("rpc-wire");
    this.stepTimeout = log.kindId("ask-timeout");
  }

  connect(executor: TaskExecutor): void {
    this.executor = executor;
  }

  /** One ask; an answer that does not come is a timeout, and then another ask. */
  ask(task: number, attempt: number, tryNumber: number, cause: number): void {
    const { context, graph } = this;
    const { sim } = context;
    const tm = graph.taskManager[task]!;
    if (this.answers(tm)) {
      const [arrivesNs, step] = this.wire(task, cause);
      sim.schedule(arrivesNs, this.arrives, context.entities.task(task), task, attempt, step);
      return;
    }
    const atOnce = context.config.engine.deadRpcFailsAtOnce && context.cluster.refusesConnections(tm);
    const timeoutNs = atOnce ? context.draws.draw("rpcLatency", task, 2) : context.config.engine.askTimeoutNs;
    const step = context.log.timed(
      this.stepTimeout,
      PHASE.cancel,
      threadId(THREAD.timer, 0),
      task,
      sim.nowNs,
      cause,
      "askTimeout",
      timeoutNs,
    );
    sim.schedule(
      sim.nowNs + timeoutNs,
      this.timedOut,
      context.entities.task(task),
      task,
      attempt * 8 + tryNumber,
      step,
    );
  }

  /** Its process lives, and requests and answers get through. */
  private answers(tm: number): boolean {
    return this.context.cluster.alive(tm) && this.context.links.reachable(JOB_MANAGER_NODE, tm);
  }

  private onTimeout(task: number, attemptAndTry: number, step: number): void {
    const attempt = Math.floor(attemptAndTry / 8);
    const tryNumber = attemptAndTry % 8;
    if (this.graph.attempt[task] !== attempt || this.graph.state[task] !== EXECUTION.canceling) return;
    if (tryNumber < this.context.config.engine.cancelTries) this.ask(task, attempt, tryNumber + 1, step);
    else this.thread.post(this.terminalMessage, task, attempt, step);
  }

  private onArrives(task: number, attempt: number, cause: number): void {
    const { context } = this;
    // The process died meanwhile: nobody answers, the ask times out as if sent to a dead one.
    if (!context.cluster.alive(this.graph.taskManager[task]!)) {
      this.ask(task, attempt, 1, cause);
      return;
    }
    const known = this.executor.cancel(task, attempt, cause);
    const [arrivesNs, step] = this.wire(task, cause);
    // "Cannot find task to stop": the JobManager takes it for cancelled.
    const message = known ? this.ackMessage : this.terminalMessage;
    this.thread.postAt(arrivesNs, context.entities.task(task), message, task, attempt, step);
  }

  private wire(task: number, cause: number): [number, number] {
    return rpcWire(this.context, RPC_SALT.cancel, this.stepWire, PHASE.cancel, task, this.context.sim.nowNs, cause);
  }
}
