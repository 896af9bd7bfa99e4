/**
 * The JobManager's slots (SlotPool): which physical slot each shared slot of the job uses, which are free, and who
 * waits. Knows nothing of where new slots come from (`resource-manager.ts`). Acts only inside main-thread handlers.
 */
export class SlotPool {
  /** TaskManager of the physical slot that a shared slot uses; −1 = none. */
  readonly taskManagerOf: Int32Array;
  /** Free physical slots by TaskManager, as counts; keys in order of registration. */
  private readonly free = new Map<number, number>();
  /** Shared slots without a physical one, in the order they asked. */
  readonly waiting: number[] = [];

  constructor(sharedSlots: number) {
    this.taskManagerOf = new Int32Array(sharedSlots).fill(-1);
  }

  assign(sharedSlot: number, taskManager: number): void {
    this.taskManagerOf[sharedSlot] = taskManager;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** True if the shared slot has a physical slot now, else it waits for the next that is offered. */
  request(sharedSlot: number): boolean {
    if (this.taskManagerOf[sharedSlot]! >= 0) return true;
    if (this.waiting.includes(sharedSlot)) return false;
    // First come, first served, by registration: the prior location counts only with local recovery
    // (SlotSelectionStrategyUtils), which is off.
    for (const [taskManager, slots] of this.free) {
      if (slots > 0) {
        this.take(taskManager, sharedSlot);
        return true;
      }
    }
    this.waiting.push(sharedSlot);
    return false;
  }

  /** All tasks of the shared slot are gone: its physical slot is free again. */
  release(sharedSlot: number): void {
    const taskManager = this.taskManagerOf[sharedSlot]!;
    if (taskManager < 0) return;
    this.taskManagerOf[sharedSlot] = -1;
    this.free.set(taskManager, (this.free.get(taskManager) ?? 0) + 1);
  }

  /** New physical slots; returns the shared slots that got one, in the order they asked. */
  offer(taskManager: number, slots: number): number[] {
    this.free.set(taskManager, (this.free.get(taskManager) ?? 0) + slots);
    const served: number[] = [];
    while (this.waiting.length > 0 && (this.free.get(taskManager) ?? 0) > 0) {
      const sharedSlot = this.waiting.shift()!;
      this.take(taskManager, sharedSlot);
      served.push(sharedSlot);
    }
    return served;
  }

  /** The TaskManager is gone: its slots leave the pool. Returns the shared slots that used them. */
  remove(taskManager: number): number[] {
    this.free.delete(taskManager);
    const lost: number[] = [];
    for (let slot = 0; slot < this.taskManagerOf.length; slot++) {
      if (this.taskManagerOf[slot] !== taskManager) continue;
      this.taskManagerOf[slot] = -1;
      lost.push(slot);
    }
    return lost;
  }

  private take(taskManager: number, sharedSlot: number): void {
    this.free.set(taskManager, this.free.get(taskManager)! - 1);
    this.assign(sharedSlot, taskManager);
  }
}
