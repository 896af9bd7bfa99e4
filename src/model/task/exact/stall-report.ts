/** From when the outputs of a task were unavailable, for stalls that lasted: short waits are back-pressure at work. */

/** A wait of a second is ten flushes: no pause between two messages lasts that long. */
const REPORTED_NS = 1_000_000_000;

export class StallReport {
  readonly stalls: { task: number; atNs: number }[] = [];
  private readonly sinceNs = new Map<number, number>();

  begin(task: number, atNs: number): void {
    if (!this.sinceNs.has(task)) this.sinceNs.set(task, atNs);
  }

  end(task: number, nowNs: number): void {
    const since = this.sinceNs.get(task);
    if (since === undefined) return;
    this.sinceNs.delete(task);
    if (nowNs - since >= REPORTED_NS) this.stalls.push({ task, atNs: since });
  }

  finish(endNs: number): readonly { task: number; atNs: number }[] {
    for (const task of [...this.sinceNs.keys()]) this.end(task, endNs);
    return this.stalls.sort((a, b) => a.atNs - b.atNs || a.task - b.task);
  }
}
