/**
 * The JobManager: turns reports of failures into restarts, message by message on its main thread
 * (ExecutionGraph and failover of Flink 1.9: cancel, delay, reset, slots, deploy). What to restart is the strategy's
 * decision; heartbeats are `heartbeats.ts`; slots and containers are `slot-pool.ts` and `resource-manager.ts`.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE, type StepPhase } from "../phases.js";
import { pipelinedRegions } from "../topology/topology.js";
import { CancelAsks } from "./cancel-asks.js";
import { Deployment } from "./deployment.js";
import { EXECUTION, ExecutionGraph } from "./execution-graph.js";
import { MainThread } from "./main-thread.js";
import { ResourceManager } from "./resource-manager.js";
import { newRestart, type Restart } from "./restarts.js";
import { SlotPool } from "./slot-pool.js";
import type { FailoverStrategy } from "./strategy-port.js";
import type { TaskExecutor } from "./task-executor.js";

/** Strategies ask for an escalation window; older failovers are forgotten. */
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
  readonly slots: SlotPool;
  readonly resources: ResourceManager;
  private readonly context: ControlContext;
  private readonly strategy: FailoverStrategy;
  private readonly listener: JobManagerListener;
  private readonly cancels: CancelAsks;
  private readonly deployment: Deployment;
  private readonly restarts: Restart[] = [];
  private restartsUsed = 0;
  private regions: Int32Array | null = null;
  /** TaskManagers that the JobManager has given up; it sends them nothing. */
  private readonly deregistered = new Set<number>();
  readonly cancelDecisionsNs: number[] = [];
  failed = false;

  private readonly taskFailed: number;
  private readonly taskLost: number;
  private readonly taskManagerLost: number;
  private readonly cancelTask: number;
  private readonly taskTerminal: number;
  private readonly restartSet: number;
  private readonly resetTask: number;
  private readonly requestSlot: number;
  private readonly slotOffer: number;
  private readonly taskRunning: number;
  private readonly delayDone: number;
  private readonly slotTimeout: number;
  private readonly stepDelay: number;

  constructor(context: ControlContext, strategy: FailoverStrategy, listener: JobManagerListener) {
    this.context = context;
    this.strategy = strategy;
    this.listener = listener;
    const { sim, log, topology, tasks, draws } = context;
    this.thread = new MainThread(sim, log);
    this.graph = new ExecutionGraph(topology.tasks);
    this.slots = new SlotPool(topology.slots);
    for (let task = 0; task < topology.tasks; task++) {
      this.graph.taskManager[task] = tasks.taskManager[task]!;
      this.slots.assign(topology.taskSlot[task]!, tasks.taskManager[task]!);
    }
    this.resources = new ResourceManager(context, (tm, arrivesNs, step) =>
      this.thread.postAt(arrivesNs, context.entities.taskManager(tm), this.slotOffer, tm, 0, step),
    );

    const operation = (
      name: string,
      phase: StepPhase,
      handle: (a: number, b: number, step: number) => void,
    ): number => {
      const salt = this.operations++;
      return this.thread.define({
        name,
        phase,
        cost: "taskOperation",
        costNs: (a, b) => draws.draw("taskOperation", a, b * 16 + salt),
        handle,
      });
    };
    this.taskFailed = operation("task-failed", PHASE.detect, (task, attempt, step) =>
      this.onTaskFailed(task, attempt, step),
    );
    this.taskLost = operation("task-lost", PHASE.detect, (task, attempt, step) =>
      this.onTaskFailed(task, attempt, step),
    );
    this.taskManagerLost = operation("task-manager-lost", PHASE.detect, (tm, _b, step) =>
      this.onTaskManagerLost(tm, step),
    );
    this.cancelTask = operation("cancel-task", PHASE.cancel, (task, id, step) => this.onCancelTask(task, id, step));
    const cancelAck = operation("cancel-acknowledged", PHASE.cancel, () => {});
    this.taskTerminal = operation("task-terminal", PHASE.cancel, (task, attempt, step) =>
      this.onTaskTerminal(task, attempt, step),
    );
    this.resetTask = operation("reset-task", PHASE.reset, (task, id, step) => this.onResetTask(task, id, step));
    this.requestSlot = operation("request-slot", PHASE.slots, (task, id, step) => this.onRequestSlot(task, id, step));
    this.slotOffer = operation("slot-offer", PHASE.slots, (tm, registers, step) =>
      this.onSlotOffer(tm, registers, step),
    );
    this.taskRunning = operation("task-running", PHASE.connect, (task, attempt, step) =>
      this.onTaskRunning(task, attempt, step),
    );
    this.restartSet = this.thread.define({
      name: "restart-set",
      phase: PHASE.detect,
      cost: "restartSetPerEdge",
      costNs: (_task, edges) => draws.draw("restartSetPerEdge", 0, 0) * edges,
      handle: (_task, _edges, step) => this.beginRestart(this.pendingPlans.shift()!, step),
    });
    this.delayDone = sim.defineKind("restart-delay-done", PRIORITY.timer, (_e, id, _b, step) =>
      this.onDelayDone(id, step),
    );
    this.slotTimeout = sim.defineKind("slot-request-timeout", PRIORITY.timer, (_e, id) => this.onSlotTimeout(id));
    this.stepDelay = log.kindId("restart-delay");
    this.cancels = new CancelAsks(context, this.graph, this.thread, cancelAck, this.taskTerminal);
    this.deployment = new Deployment(context, this.graph, this.slots, this.thread, (task, attempt, atNs, step) =>
      this.reportTaskFailed(task, attempt, atNs, step),
    );
  }
  private operations = 0;
  /** Decided, while their restart sets are still being computed. */
  private readonly pendingPlans: { tasks: Int32Array; cancelFirst: boolean; updateConsumers: boolean }[] = [];

  connect(executor: TaskExecutor): void {
    this.cancels.connect(executor);
    this.deployment.connect(executor);
  }

  /** New attempts deployed so far. */
  get tasksRestarted(): number {
    return this.deployment.submitted;
  }

  // --- what reaches the JobManager from outside ---
  reportTaskFailed(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskFailed, task, attempt, step);
  }
  reportTerminal(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskTerminal, task, attempt, step);
  }
  reportRunning(task: number, attempt: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.task(task), this.taskRunning, task, attempt, step);
  }
  /** A provider or a heartbeat monitor says that the TaskManager is gone. */
  reportTaskManagerLost(tm: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.taskManager(tm), this.taskManagerLost, tm, 0, step);
  }
  knows(tm: number): boolean {
    return !this.deregistered.has(tm);
  }

  // --- failures ---
  private onTaskFailed(task: number, attempt: number, step: number): void {
    const { graph } = this;
    if (this.failed || graph.attempt[task] !== attempt || graph.state[task] === EXECUTION.terminal) return;
    if (graph.state[task] === EXECUTION.canceling) {
      this.becomeTerminal(task, step);
      return;
    }
    if (graph.state[task] === EXECUTION.created || graph.state[task] === EXECUTION.scheduled) return;
    graph.state[task] = EXECUTION.terminal;
    this.failover(task, step, false);
  }

  private onTaskManagerLost(tm: number, step: number): void {
    if (this.deregistered.has(tm)) return;
    this.deregistered.add(tm);
    this.listener.marker("detected");
    this.resources.lose(tm, step);
    this.releaseTaskManager(tm, step);
    this.askAgainForWaiting(step);
  }

  /** Its slots leave the pool, and the tasks that the JobManager believes there are lost. */
  private releaseTaskManager(tm: number, step: number): void {
    const lostSlots = this.slots.remove(tm);
    const { graph } = this;
    for (const sharedSlot of lostSlots) {
      for (const task of this.context.topology.tasksOfSlot[sharedSlot]!) {
        const state = graph.state[task]!;
        if (state === EXECUTION.scheduled) this.askAgain(task, step);
        else if (state !== EXECUTION.terminal && state !== EXECUTION.created && graph.taskManager[task] === tm) {
          this.thread.post(this.taskLost, task, graph.attempt[task]!, step);
        }
      }
    }
  }

  private regionOf(task: number): number {
    this.regions ??= pipelinedRegions(this.context.topology);
    return this.regions[task]!;
  }

  private failover(task: number, step: number, slotsExhausted: boolean): void {
    const { context, graph } = this;
    this.listener.marker("detected");
    const { escalateWindowNs } = context.config.strategy;
    graph.failovers[task] ??= [];
    const history = graph.failovers[task];
    history.push(context.sim.nowNs);
    const recentFailovers = history.filter((time) => time > context.sim.nowNs - escalateWindowNs).length;
    const plan = this.strategy.decide(
      { task, nowNs: context.sim.nowNs, recentFailovers, slotsExhausted },
      {
        config: context.config,
        topology: context.topology,
        region: (t) => this.regionOf(t),
      },
    );
    if (plan.action === "ignore") return;
    if (plan.edgesVisited > 0) {
      this.pendingPlans.push(plan);
      this.thread.postLoop(this.restartSet, task, plan.edgesVisited, step);
    } else this.beginRestart(plan, step);
  }

  private beginRestart(
    plan: { tasks: Int32Array; cancelFirst: boolean; updateConsumers: boolean },
    step: number,
  ): void {
    const { context, graph } = this;
    const { engine } = context.config;
    if (plan.cancelFirst && (engine.restartStrategy === "none" || this.restartsUsed >= engine.restartAttempts)) {
      this.failed = true;
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
      const earlier = this.restarts[graph.restart[task]!];
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
    else if (restart.stage === "reset" && restart.awaitingReset === 0) this.requestSlots(restart, step);
    else if (restart.stage === "slots" && restart.granted === restart.size) this.deploy(restart, step);
  }

  private owns(restart: Restart, task: number): boolean {
    return this.graph.restart[task] === restart.id;
  }

  // --- cancel ---
  private onCancelTask(task: number, _id: number, step: number): void {
    if (this.graph.state[task] === EXECUTION.canceling) this.cancels.ask(task, this.graph.attempt[task]!, 1, step);
  }

  private onTaskTerminal(task: number, attempt: number, step: number): void {
    if (this.graph.attempt[task] === attempt && this.graph.state[task] === EXECUTION.canceling)
      this.becomeTerminal(task, step);
  }

  private becomeTerminal(task: number, step: number): void {
    this.graph.state[task] = EXECUTION.terminal;
    const restart = this.restarts[this.graph.restart[task]!];
    if (restart === undefined || restart.stage !== "cancel") return;
    restart.awaitingTerminal--;
    if (restart.awaitingTerminal === 0) this.afterCancel(restart, step);
  }

  // --- delay, reset, slots ---
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
    const step = log.add(
      this.stepDelay,
      PHASE.delay,
      threadId(THREAD.timer, 0),
      restart.id,
      sim.nowNs,
      delayedUntilNs,
      cause,
      -1,
      costIndex("restartDelay"),
      delayedUntilNs - sim.nowNs,
    );
    sim.schedule(delayedUntilNs, this.delayDone, this.context.entities.jobManager, restart.id, 0, step);
  }

  private onDelayDone(id: number, step: number): void {
    const restart = this.restarts[id]!;
    if (restart.stage !== "delay" || this.failed) return;
    restart.stage = "reset";
    restart.awaitingReset = restart.size;
    for (const task of restart.tasks) if (this.owns(restart, task)) this.thread.post(this.resetTask, task, id, step);
  }

  private onResetTask(task: number, id: number, step: number): void {
    const restart = this.restarts[id]!;
    if (restart.stage !== "reset" || !this.owns(restart, task)) return;
    this.graph.state[task] = EXECUTION.created;
    this.graph.attempt[task] = this.graph.attempt[task]! + 1;
    restart.awaitingReset--;
    if (restart.awaitingReset === 0) this.requestSlots(restart, step);
  }

  private requestSlots(restart: Restart, step: number): void {
    const { sim, config, entities } = this.context;
    restart.stage = "slots";
    this.releaseSlots(restart);
    for (const task of restart.tasks)
      if (this.owns(restart, task)) this.thread.post(this.requestSlot, task, restart.id, step);
    sim.schedule(sim.nowNs + config.engine.slotRequestTimeoutNs, this.slotTimeout, entities.jobManager, restart.id);
  }

  /** Slots in which nothing runs any more return to the pool. */
  private releaseSlots(restart: Restart): void {
    const { topology } = this.context;
    for (const task of restart.tasks) {
      const sharedSlot = topology.taskSlot[task]!;
      if (
        this.owns(restart, task) &&
        topology.tasksOfSlot[sharedSlot]!.every((member) => this.graph.state[member] === EXECUTION.created)
      )
        this.slots.release(sharedSlot);
    }
  }

  private onRequestSlot(task: number, id: number, step: number): void {
    const restart = this.restarts[id]!;
    // A slot offer may have served the task before its own request was handled.
    if (restart.stage !== "slots" || !this.owns(restart, task) || this.graph.state[task] !== EXECUTION.created) return;
    this.tryGrant(task, restart, step);
  }

  private tryGrant(task: number, restart: Restart, step: number): void {
    const sharedSlot = this.context.topology.taskSlot[task]!;
    if (this.slots.request(sharedSlot)) {
      this.graph.state[task] = EXECUTION.scheduled;
      restart.granted++;
      if (restart.granted === restart.size) this.deploy(restart, step);
    } else if (
      !this.resources.require(this.slots.waitingCount, step) &&
      !restart.cancelFirst &&
      this.context.config.strategy.onReservesExhausted === "escalate"
    ) {
      this.failover(task, step, true);
    }
  }

  /** A slot that was granted is gone before the deployment. */
  private askAgain(task: number, step: number): void {
    const restart = this.restarts[this.graph.restart[task]!];
    if (restart === undefined || restart.stage !== "slots") return;
    this.graph.state[task] = EXECUTION.created;
    restart.granted--;
    this.thread.post(this.requestSlot, task, restart.id, step);
  }

  private onSlotOffer(tm: number, registers: number, step: number): void {
    if (registers === 0 && this.deregistered.has(tm)) {
      this.askAgainForWaiting(step);
      return;
    }
    // Who registers while still registered has lost the connection: the old one is released first.
    if (registers === 1 && !this.deregistered.delete(tm)) this.releaseTaskManager(tm, step);
    this.onRegistered(tm);
    // If the TaskManager has died since, the JobManager cannot know: its slots are taken and their deployment fails.
    for (const sharedSlot of this.slots.offer(tm, this.context.config.cluster.slotsPerTaskManager)) {
      for (const task of this.context.topology.tasksOfSlot[sharedSlot]!) {
        if (this.graph.state[task] !== EXECUTION.created) continue;
        const restart = this.restarts[this.graph.restart[task]!];
        if (restart === undefined || restart.stage !== "slots") continue;
        this.tryGrant(task, restart, step);
      }
    }
  }

  /** A TaskManager that was promised is lost before it could offer its slots: who waits for them asks again. */
  private askAgainForWaiting(step: number): void {
    for (const sharedSlot of [...this.slots.waiting]) {
      for (const task of this.context.topology.tasksOfSlot[sharedSlot]!) {
        const restart = this.restarts[this.graph.restart[task]!];
        if (this.graph.state[task] === EXECUTION.created && restart?.stage === "slots")
          this.tryGrant(task, restart, step);
      }
    }
  }

  /** slot.request.timeout: the bulk of slots did not come; the job fails over globally (NoResourceAvailableException). */
  private onSlotTimeout(id: number): void {
    const restart = this.restarts[id]!;
    if (restart.stage !== "slots" || this.failed) return;
    this.listener.marker("slot-request-timeout");
    const stuck = restart.tasks.find(
      (task) => this.owns(restart, task) && this.graph.state[task] === EXECUTION.created,
    );
    if (stuck === undefined) return;
    this.failover(stuck, -1, true);
  }

  /** The TaskManager (re-)registers with all its slots free. */
  registerTaskManager(tm: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.taskManager(tm), this.slotOffer, tm, 1, step);
  }

  // --- deploy ---
  private deploy(restart: Restart, step: number): void {
    restart.stage = "deployed";
    this.listener.marker("redeploy");
    for (const task of restart.tasks) if (this.owns(restart, task)) this.deployment.submit(task, restart.id, step);
  }

  private onTaskRunning(task: number, attempt: number, step: number): void {
    const { graph } = this;
    if (graph.attempt[task] !== attempt || graph.state[task] !== EXECUTION.deploying) return;
    graph.state[task] = EXECUTION.running;
    graph.announced[task] = attempt;
    if (this.restarts[graph.restart[task]!]?.updateConsumers) this.listener.announce(task, step);
  }

  /** True while a recovery step is pending: a restart between its decision and its deployment. */
  get recovering(): boolean {
    return this.restarts.some((restart) => restart.stage !== "deployed" && restart.stage !== "superseded");
  }
}
