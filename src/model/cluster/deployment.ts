/**
 * The deploy loop (Execution.deploy): one descriptor per task built and submitted on the main thread without letting
 * messages in between, sent over the JobManager's NIC in order, handed to the TaskManager. Up to 1.13 a consumer's
 * descriptor names every producer, O(P) each.
 */

import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { RPC_SALT, rpcWire } from "../rpc-wire.js";
import { producersOf } from "../topology/topology.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import { JOB_MANAGER_NODE } from "./reachability.js";
import type { SlotPool } from "./slot-pool.js";
import type { TaskExecutor } from "./task-executor.js";

export class Deployment {
  /** New attempts submitted so far. */
  submitted = 0;
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly slots: SlotPool;
  private readonly thread: MainThread;
  private readonly reportFailed: (task: number, attempt: number, atNs: number, step: number) => void;
  private executor!: TaskExecutor;
  /** TaskManagers of the submissions on the wire, by step. */
  private readonly destination = new Map<number, number>();
  private nicFreeNs = 0;
  private nicLastStep = -1;
  private readonly submitMessage: number;
  private readonly arrives: number;
  private readonly stepWire: number;
  private readonly stepNic: number;
  private readonly stepTimeout: number;

  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    slots: SlotPool,
    thread: MainThread,
    reportFailed: (task: number, attempt: number, atNs: number, step: number) => void,
  ) {
    this.context = context;
    this.graph = graph;
    this.slots = slots;
    this.thread = thread;
    this.reportFailed = reportFailed;
    const { sim, log, draws } = context;
    this.submitMessage = thread.define({
      name: "submit-task",
      phase: PHASE.deploy,
      cost: "taskOperation",
      costNs: (task) => draws.draw("taskOperation", task, graph.attempt[task]! * 16 + 15),
      secondCost: "descriptor",
      secondCostNs: (task) => this.descriptorsOf(task) * draws.draw("descriptor", task, graph.attempt[task]!),
      handle: (task, id, step) => this.onSubmit(task, id, step),
    });
    this.arrives = sim.defineKind("submit-arrives", PRIORITY.delivery, (_e, task, attempt, step) =>
      this.onArrives(task, attempt, step),
    );
    this.stepWire = log.kindId("rpc-wire");
    this.stepNic = log.kindId("descriptors-sent");
    this.stepTimeout = log.kindId("ask-timeout");
  }

  connect(executor: TaskExecutor): void {
    this.executor = executor;
  }

  /** The task joins the deploy loop that the running handler has begun. */
  submit(task: number, restartId: number, cause: number): void {
    this.thread.postLoop(this.submitMessage, task, restartId, cause);
  }

  private descriptorsOf(task: number): number {
    if (!this.context.config.engine.descriptorsPerConsumer) return 0;
    const { topology } = this.context;
    let descriptors = 0;
    for (const edge of topology.inEdges[topology.taskVertex[task]!]!)
      descriptors += producersOf(edge, topology.taskSubtask[task]!).count;
    return descriptors;
  }

  private onSubmit(task: number, id: number, step: number): void {
    if (this.graph.restart[task] !== id || this.graph.state[task] !== EXECUTION.scheduled) return;
    const { context, graph } = this;
    const { sim, log, config } = context;
    const sharedSlot = context.topology.taskSlot[task]!;
    const tm = this.slots.taskManagerOf[sharedSlot]!;
    const attempt = graph.attempt[task]!;
    graph.state[task] = EXECUTION.deploying;
    graph.taskManager[task] = tm;
    this.submitted++;
    const bits = this.descriptorsOf(task) * config.costs.descriptorBytes * 8;
    let cause = step;
    let readyNs = sim.nowNs;
    if (bits > 0) {
      const startNs = Math.max(sim.nowNs, this.nicFreeNs);
      const sendNs = Math.round((bits / config.cluster.jobManagerBitsPerSecond) * 1e9);
      cause = log.add(
        this.stepNic,
        PHASE.deploy,
        threadId(THREAD.jobManagerNic, 0),
        task,
        startNs,
        startNs + sendNs,
        step,
        startNs > sim.nowNs ? this.nicLastStep : -1,
        costIndex("bandwidth"),
        sendNs,
      );
      this.nicLastStep = cause;
      readyNs = startNs + sendNs;
      this.nicFreeNs = readyNs;
    }
    const [arrivesNs, wire] = rpcWire(context, RPC_SALT.submit, this.stepWire, PHASE.deploy, task, readyNs, cause);
    this.destination.set(wire, tm);
    sim.schedule(arrivesNs, this.arrives, context.entities.task(task), task, attempt, wire);
  }

  private onArrives(task: number, attempt: number, cause: number): void {
    const { context } = this;
    // What the JobManager has decided since, the TaskManager learns from messages of its own.
    const tm = this.destination.get(cause)!;
    this.destination.delete(cause);
    if (context.cluster.alive(tm) && context.links.up(JOB_MANAGER_NODE, tm)) {
      this.executor.submit(task, attempt, tm, cause);
      if (context.links.up(tm, JOB_MANAGER_NODE)) return;
    }
    // Dead or cut off, but the JobManager does not know: submitTask's ask times out and the deployment counts as failed.
    const timeoutNs =
      context.config.engine.deadRpcFailsAtOnce && context.cluster.refusesConnections(tm)
        ? 0
        : context.config.engine.askTimeoutNs;
    const { sim, log } = context;
    const step = log.timed(
      this.stepTimeout,
      PHASE.deploy,
      threadId(THREAD.timer, 0),
      task,
      sim.nowNs,
      cause,
      "askTimeout",
      timeoutNs,
    );
    this.reportFailed(task, attempt, sim.nowNs + timeoutNs, step);
  }
}
