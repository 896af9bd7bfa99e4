/**
 * The JobManager: turns reports of failures into restarts, message by message on its main thread
 * (ExecutionGraph and failover of Flink 1.9). Owns the thread and puts the parts together: failures and the strategy's
 * decision (`failures.ts`), cancel to reset (`restart-steps.ts`), slots (`slot-requests.ts`), TaskManagers
 * (`registrations.ts`), the deploy loop (`deployment.ts`). Heartbeats are `heartbeats.ts`, containers `resource-manager.ts`.
 */
import type { ControlContext } from "../control-context.js";
import { Deployment } from "./deployment.js";
import { EXECUTION, ExecutionGraph } from "./execution-graph.js";
import { Failures } from "./failures.js";
import { MainThread } from "./main-thread.js";
import { Registrations } from "./registrations.js";
import { ResourceManager } from "./resource-manager.js";
import { RestartSteps } from "./restart-steps.js";
import type { Restart } from "./restarts.js";
import { SlotPool } from "./slot-pool.js";
import { SlotRequests } from "./slot-requests.js";
import type { FailoverStrategy } from "./strategy-port.js";
import type { TaskExecutor } from "./task-executor.js";
import { taskOperations } from "./task-operations.js";

export interface JobManagerListener {
  /** A producer has reported RUNNING and its consumers are to be told. */
  announce(task: number, step: number): void;
  jobFailed(reason: string): void;
  /** A restart begins: these tasks, those that run cancelled first if they are to be. */
  restarting(tasks: Int32Array, cancelFirst: boolean): void;
  /** For the playback and the incident markers. */
  marker(name: string): void;
}

export class JobManager {
  /** A TaskManager's slots are registered: heartbeats begin, whether it lives by now or not. */
  onRegistered: (tm: number) => void = () => {};
  readonly thread: MainThread;
  readonly graph: ExecutionGraph;
  private readonly context: ControlContext;
  private readonly listener: JobManagerListener;
  private readonly restarts: RestartSteps;
  private readonly failures: Failures;
  private readonly registrations: Registrations;
  private readonly deployment: Deployment;
  private readonly taskRunning: number;

  constructor(context: ControlContext, strategy: FailoverStrategy, listener: JobManagerListener) {
    this.context = context;
    this.listener = listener;
    const { sim, log, topology, tasks } = context;
    const thread = new MainThread(sim, log);
    const graph = new ExecutionGraph(topology.tasks);
    const slots = new SlotPool(topology.slots);
    for (let task = 0; task < topology.tasks; task++) {
      graph.taskManager[task] = tasks.taskManager[task]!;
      slots.assign(topology.taskSlot[task]!, tasks.taskManager[task]!);
    }
    const operation = taskOperations(context, thread);
    const resources = new ResourceManager(context, (tm, arrivesNs, step) =>
      this.registrations.offer(tm, false, arrivesNs, step),
    );
    this.restarts = new RestartSteps(context, graph, thread, operation, {
      restarting: (chosen, cancelFirst) => listener.restarting(chosen, cancelFirst),
      jobFailed: (reason) => listener.jobFailed(reason),
      reset: (restart, step) => slotRequests.begin(restart, step),
      granted: (restart, step) => this.deploy(restart, step),
    });
    this.failures = new Failures(context, graph, thread, operation, strategy, this.restarts, () =>
      listener.marker("detected"),
    );
    const slotRequests = new SlotRequests(context, graph, thread, operation, slots, resources, this.restarts, {
      granted: (restart, step) => this.deploy(restart, step),
      exhausted: (task, step) => this.failures.failOver(task, step, true),
      timedOut: () => listener.marker("slot-request-timeout"),
    });
    this.registrations = new Registrations(context, graph, thread, operation, slots, {
      registered: (tm, step) => {
        this.onRegistered(tm);
        slotRequests.offered(tm, step);
      },
      lost: (tm, step) => {
        listener.marker("detected");
        resources.lose(tm, step);
      },
      taskLost: (task, attempt, step) => this.failures.lost(task, attempt, step),
      slotLost: (task, step) => slotRequests.askAgain(task, step),
      slotsLost: (step) => slotRequests.askAgainForWaiting(step),
    });
    this.taskRunning = operation("task-running", (task, attempt, step) => this.onTaskRunning(task, attempt, step));
    this.deployment = new Deployment(context, graph, slots, thread, (task, attempt, atNs, step) =>
      this.reportTaskFailed(task, attempt, atNs, step),
    );
    this.thread = thread;
    this.graph = graph;
  }

  connect(executor: TaskExecutor): void {
    this.restarts.connect(executor);
    this.deployment.connect(executor);
  }

  /** New attempts deployed so far. */
  get tasksRestarted(): number {
    return this.deployment.submitted;
  }

  /** When a restart that cancels was decided. */
  get cancelDecisionsNs(): readonly number[] {
    return this.restarts.cancelDecisionsNs;
  }

  /** True while a recovery step is pending: a restart between its decision and its deployment. */
  get recovering(): boolean {
    return this.restarts.pending;
  }

  knows(tm: number): boolean {
    return this.registrations.knows(tm);
  }

  reportTaskFailed(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.failures.report(task, attempt, arrivesNs, step);
  }

  reportTerminal(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.restarts.reportTerminal(task, attempt, arrivesNs, step);
  }

  reportRunning(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskRunning, task, attempt, step);
  }

  /** A provider or a heartbeat monitor says that the TaskManager is gone. */
  reportTaskManagerLost(tm: number, arrivesNs: number, step: number): void {
    this.registrations.reportLost(tm, arrivesNs, step);
  }

  /** The TaskManager (re-)registers with all its slots free. */
  registerTaskManager(tm: number, arrivesNs: number, step: number): void {
    this.registrations.offer(tm, true, arrivesNs, step);
  }

  private deploy(restart: Restart, step: number): void {
    restart.stage = "deployed";
    this.listener.marker("redeploy");
    for (const task of restart.tasks)
      if (this.restarts.owns(restart, task)) this.deployment.submit(task, restart.id, step);
  }

  private onTaskRunning(task: number, attempt: number, step: number): void {
    const { graph } = this;
    if (graph.attempt[task] !== attempt || graph.state[task] !== EXECUTION.deploying) return;
    graph.state[task] = EXECUTION.running;
    graph.announced[task] = attempt;
    if (this.restarts.of(task)?.updateConsumers) this.listener.announce(task, step);
  }
}
