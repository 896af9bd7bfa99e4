/** Directions between TaskManagers that a partition has cut: what arrives there waits, in order, until the link is up. */
export class Cuts {
  private readonly held = new Map<number, (() => void)[]>();

  private key(from: number, to: number): number {
    return from * 2 ** 20 + to;
  }

  get any(): boolean {
    return this.held.size > 0;
  }

  /** True, and `then` kept for later, if the direction is down. */
  holds(from: number, to: number, then: () => void): boolean {
    const list = this.held.get(this.key(from, to));
    if (list === undefined) return false;
    list.push(then);
    return true;
  }

  set(from: number, to: number, state: "up" | "down"): void {
    const key = this.key(from, to);
    if (state === "down") {
      if (!this.held.has(key)) this.held.set(key, []);
      return;
    }
    const list = this.held.get(key) ?? [];
    this.held.delete(key);
    for (const then of list) then();
  }
}
