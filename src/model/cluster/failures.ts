/**
 * What the JobManager does about a failed task: is it news, what does the strategy say, and how long does the restart
 * set take on the main thread (DefaultScheduler.handleTaskFailure, ExecutionFailureHandler).
 */
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { pipelinedRegions } from "../topology/topology.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import type { RestartSteps } from "./restart-steps.js";
import type { Restart } from "./restarts.js";
import type { FailoverStrategy } from "./strategy-port.js";
import type { DefineOperation } from "./task-operations.js";

export class Failures {
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly thread: MainThread;
  private readonly strategy: FailoverStrategy;
  private readonly restarts: RestartSteps;
  private readonly detected: () => void;
  private regions: Int32Array | null = null;
  /** Decided, while their restart sets are still being computed. */
  private readonly pendingPlans: Pick<Restart, "tasks" | "cancelFirst" | "updateConsumers">[] = [];
  private readonly taskFailed: number;
  private readonly taskLost: number;
  private readonly restartSet: number;

  /** @param detected told of every failure that the strategy is asked about */
  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    thread: MainThread,
    operation: DefineOperation,
    strategy: FailoverStrategy,
    restarts: RestartSteps,
    detected: () => void,
  ) {
    this.context = context;
    this.graph = graph;
    this.thread = thread;
    this.strategy = strategy;
    this.restarts = restarts;
    this.detected = detected;
    const onFailed = (task: number, attempt: number, step: number): void => this.onTaskFailed(task, attempt, step);
    this.taskFailed = operation("task-failed", onFailed);
    this.taskLost = operation("task-lost", onFailed);
    this.restartSet = thread.define({
      name: "restart-set",
      phase: PHASE.detect,
      cost: "restartSetPerEdge",
      costNs: (_task, edges) => context.draws.draw("restartSetPerEdge", 0, 0) * edges,
      handle: (_task, _edges, step) => restarts.begin(this.pendingPlans.shift()!, step),
    });
  }

  /** A TaskManager's report is on its way. */
  report(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskFailed, task, attempt, step);
  }

  /** The JobManager itself has given the attempt's TaskManager up. */
  lost(task: number, attempt: number, step: number): void {
    this.thread.post(this.taskLost, task, attempt, step);
  }

  private onTaskFailed(task: number, attempt: number, step: number): void {
    const { graph } = this;
    if (this.restarts.jobFailed || graph.attempt[task] !== attempt || graph.state[task] === EXECUTION.terminal) return;
    if (graph.state[task] === EXECUTION.canceling) {
      this.restarts.becomeTerminal(task, step);
      return;
    }
    if (graph.state[task] === EXECUTION.created || graph.state[task] === EXECUTION.scheduled) return;
    graph.state[task] = EXECUTION.terminal;
    this.failOver(task, step, false);
  }

  /** Asks the strategy and does what it says. */
  failOver(task: number, step: number, slotsExhausted: boolean): void {
    const { context, graph } = this;
    const { nowNs } = context.sim;
    this.detected();
    graph.failovers[task] ??= [];
    const history = graph.failovers[task];
    history.push(nowNs);
    const sinceNs = nowNs - context.config.strategy.escalateWindowNs;
    const recentFailovers = history.filter((time) => time > sinceNs).length;
    const plan = this.strategy.decide(
      { task, nowNs, recentFailovers, slotsExhausted },
      { config: context.config, topology: context.topology, region: (t) => this.regionOf(t) },
    );
    if (plan.action === "ignore") return;
    if (plan.edgesVisited > 0) {
      this.pendingPlans.push(plan);
      this.thread.postLoop(this.restartSet, task, plan.edgesVisited, step);
    } else this.restarts.begin(plan, step);
  }

  private regionOf(task: number): number {
    this.regions ??= pipelinedRegions(this.context.topology);
    return this.regions[task]!;
  }
}
