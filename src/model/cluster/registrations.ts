/**
 * Which TaskManagers the JobManager counts on (JobMaster.registerTaskManager, disconnectTaskManager): who offers slots,
 * and what is lost with one that is given up. It sends those nothing more.
 */
import type { ControlContext } from "../control-context.js";
import { EXECUTION, type ExecutionGraph } from "./execution-graph.js";
import type { MainThread } from "./main-thread.js";
import type { SlotPool } from "./slot-pool.js";
import type { DefineOperation } from "./task-operations.js";

export interface RegistrationListener {
  /** A TaskManager's slots are registered, whether it lives by now or not. */
  registered(tm: number, step: number): void;
  /** Given up, before its tasks are. */
  lost(tm: number, step: number): void;
  /** The JobManager believes this attempt to be on a TaskManager that is given up. */
  taskLost(task: number, attempt: number, step: number): void;
  /** The task has a slot of a TaskManager that is given up, and is not deployed there yet. */
  slotLost(task: number, step: number): void;
  /** Whoever waits for slots waits for others from now on. */
  slotsLost(step: number): void;
}

export class Registrations {
  private readonly context: ControlContext;
  private readonly graph: ExecutionGraph;
  private readonly thread: MainThread;
  private readonly slots: SlotPool;
  private readonly listener: RegistrationListener;
  private readonly deregistered = new Set<number>();
  private readonly taskManagerLost: number;
  private readonly slotOffer: number;

  constructor(
    context: ControlContext,
    graph: ExecutionGraph,
    thread: MainThread,
    operation: DefineOperation,
    slots: SlotPool,
    listener: RegistrationListener,
  ) {
    this.context = context;
    this.graph = graph;
    this.thread = thread;
    this.slots = slots;
    this.listener = listener;
    this.taskManagerLost = operation("task-manager-lost", (tm, _b, step) => this.onTaskManagerLost(tm, step));
    this.slotOffer = operation("slot-offer", (tm, registers, step) => this.onSlotOffer(tm, registers === 1, step));
  }

  knows(tm: number): boolean {
    return !this.deregistered.has(tm);
  }

  /** A provider or a heartbeat monitor says that the TaskManager is gone. */
  reportLost(tm: number, arrivesNs: number, step: number): void {
    this.thread.postAt(arrivesNs, this.context.entities.taskManager(tm), this.taskManagerLost, tm, 0, step);
  }

  /** Its slots are on their way; `registers`: it comes (back) on its own, with all of them free. */
  offer(tm: number, registers: boolean, arrivesNs: number, step: number): void {
    const { entities } = this.context;
    this.thread.postAt(arrivesNs, entities.taskManager(tm), this.slotOffer, tm, registers ? 1 : 0, step);
  }

  private onTaskManagerLost(tm: number, step: number): void {
    if (this.deregistered.has(tm)) return;
    this.deregistered.add(tm);
    this.listener.lost(tm, step);
    this.release(tm, step);
    this.listener.slotsLost(step);
  }

  /** Its slots leave the pool, and the tasks that the JobManager believes there are lost. */
  private release(tm: number, step: number): void {
    const lostSlots = this.slots.remove(tm);
    const { graph } = this;
    for (const sharedSlot of lostSlots) {
      for (const task of this.context.topology.tasksOfSlot[sharedSlot]!) {
        const state = graph.state[task]!;
        if (state === EXECUTION.scheduled) this.listener.slotLost(task, step);
        else if (state !== EXECUTION.terminal && state !== EXECUTION.created && graph.taskManager[task] === tm)
          this.listener.taskLost(task, graph.attempt[task]!, step);
      }
    }
  }

  private onSlotOffer(tm: number, registers: boolean, step: number): void {
    if (!registers && this.deregistered.has(tm)) {
      this.listener.slotsLost(step);
      return;
    }
    // Who registers while still registered has lost the connection: the old one is released first.
    if (registers && !this.deregistered.delete(tm)) this.release(tm, step);
    this.listener.registered(tm, step);
  }
}
