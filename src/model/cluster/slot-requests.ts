/**
 * The slots of a restart: one request per task on the main thread, granted from the pool or by a later offer; the last
 * grant lets the restart deploy. Slots that do not come within slot.request.timeout are a failure of a task that waits
 * (NoResourceAvailableException).
 */
import { PRIORITY } from "../../kernel/priorities.js";
import type { ControlContext } from "../control-context.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import type { ResourceManager } from "./resource-manager.js";
import type { RestartSteps } from "./restart-steps.js";
import type { Restart } from "./restarts.js";
import type { SlotPool } from "./slot-pool.js";
import type { DefineOperation } from "./task-operations.js";

export interface SlotRequestListener {
  /** Every task of the restart has its slot. */
  granted(restart: Restart, step: number): void;
  /** No slot for this task, now or within the timeout. */
  exhausted(task: number, step: number): void;
  timedOut(): void;
}

export class SlotRequests {
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly thread: MainThread;
  private readonly slots: SlotPool;
  private readonly resources: ResourceManager;
  private readonly restarts: RestartSteps;
  private readonly listener: SlotRequestListener;
  private readonly requestSlot: number;
  private readonly slotTimeout: number;

  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    thread: MainThread,
    operation: DefineOperation,
    slots: SlotPool,
    resources: ResourceManager,
    restarts: RestartSteps,
    listener: SlotRequestListener,
  ) {
    this.context = context;
    this.graph = graph;
    this.thread = thread;
    this.slots = slots;
    this.resources = resources;
    this.restarts = restarts;
    this.listener = listener;
    this.requestSlot = operation("request-slot", (task, id, step) => this.onRequestSlot(task, id, step));
    this.slotTimeout = context.sim.defineKind("slot-request-timeout", PRIORITY.timer, (_e, id) =>
      this.onSlotTimeout(id),
    );
  }

  /** All tasks of the restart ask. */
  begin(restart: Restart, step: number): void {
    const { sim, config, entities } = this.context;
    restart.stage = "slots";
    this.releaseSlots(restart);
    for (const task of restart.tasks)
      if (this.restarts.owns(restart, task)) this.thread.post(this.requestSlot, task, restart.id, step);
    sim.schedule(sim.nowNs + config.engine.slotRequestTimeoutNs, this.slotTimeout, entities.jobManager, restart.id);
  }

  /** Slots in which nothing runs any more return to the pool. */
  private releaseSlots(restart: Restart): void {
    const { topology } = this.context;
    for (const task of restart.tasks) {
      const sharedSlot = topology.taskSlot[task]!;
      if (
        this.restarts.owns(restart, task) &&
        topology.tasksOfSlot[sharedSlot]!.every((member) => this.graph.state[member] === EXECUTION.created)
      )
        this.slots.release(sharedSlot);
    }
  }

  private onRequestSlot(task: number, id: number, step: number): void {
    const restart = this.restarts.byId(id);
    // A slot offer may have served the task before its own request was handled.
    if (restart.stage !== "slots" || !this.restarts.owns(restart, task) || this.graph.state[task] !== EXECUTION.created)
      return;
    this.tryGrant(task, restart, step);
  }

  private tryGrant(task: number, restart: Restart, step: number): void {
    const sharedSlot = this.context.topology.taskSlot[task]!;
    if (this.slots.request(sharedSlot)) {
      this.graph.state[task] = EXECUTION.scheduled;
      restart.granted++;
      if (restart.granted === restart.size) this.listener.granted(restart, step);
    } else if (
      !this.resources.require(this.slots.waitingCount, step) &&
      !restart.cancelFirst &&
      this.context.config.strategy.onReservesExhausted === "escalate"
    ) {
      this.listener.exhausted(task, step);
    }
  }

  /** A slot that was granted is gone before the deployment. */
  askAgain(task: number, step: number): void {
    const restart = this.restarts.of(task);
    if (restart === undefined || restart.stage !== "slots") return;
    this.graph.state[task] = EXECUTION.created;
    restart.granted--;
    this.thread.post(this.requestSlot, task, restart.id, step);
  }

  /** A TaskManager that was promised is lost before it could offer its slots: who waits for them asks again. */
  askAgainForWaiting(step: number): void {
    for (const sharedSlot of [...this.slots.waiting]) this.serve(sharedSlot, step);
  }

  /** Free slots of a TaskManager. If it has died since, they are taken all the same, and their deployment fails. */
  offered(tm: number, step: number): void {
    for (const sharedSlot of this.slots.offer(tm, this.context.config.cluster.slotsPerTaskManager))
      this.serve(sharedSlot, step);
  }

  /** The tasks of the shared slot that wait. */
  private serve(sharedSlot: number, step: number): void {
    for (const task of this.context.topology.tasksOfSlot[sharedSlot]!) {
      const restart = this.restarts.of(task);
      if (this.graph.state[task] === EXECUTION.created && restart?.stage === "slots")
        this.tryGrant(task, restart, step);
    }
  }

  /** slot.request.timeout: the bulk of slots did not come; the job fails over globally. */
  private onSlotTimeout(id: number): void {
    const restart = this.restarts.byId(id);
    if (restart.stage !== "slots" || this.restarts.jobFailed) return;
    this.listener.timedOut();
    const stuck = restart.tasks.find(
      (task) => this.restarts.owns(restart, task) && this.graph.state[task] === EXECUTION.created,
    );
    if (stuck !== undefined) this.listener.exhausted(stuck, -1);
  }
}
