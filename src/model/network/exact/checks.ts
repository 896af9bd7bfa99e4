/**
 * What the plane checks about itself: broken invariants by name with their first place, and the conservation of
 * records at each hop (all that went in came out, was lost there, or is found there by walking at the end).
 */

export type Hop = "log" | "subpartition" | "wire" | "gate" | "state";
export const HOPS: readonly Hop[] = ["log", "subpartition", "wire", "gate", "state"];

/** For tests: loses one record without a trace at a hop, so that the checks must name it. */
export interface Leak {
  readonly hop: Hop;
  /** Which record to pass the hop vanishes, from 0. */
  readonly at: number;
}

export class Violations {
  private readonly found = new Map<string, { count: number; first: string }>();

  add(name: string, place: string): void {
    const entry = this.found.get(name);
    if (entry) entry.count++;
    else this.found.set(name, { count: 1, first: place });
  }

  list(): { name: string; count: number; first: string }[] {
    return [...this.found].map(([name, { count, first }]) => ({ name, count, first }));
  }
}

export class HopCounters {
  readonly in: Record<Hop, number> = { log: 0, subpartition: 0, wire: 0, gate: 0, state: 0 };
  readonly out: Record<Hop, number> = { log: 0, subpartition: 0, wire: 0, gate: 0, state: 0 };
  private readonly leak: Leak | null;
  private passed = 0;

  constructor(leak: Leak | null) {
    this.leak = leak;
  }

  /** True once: the record that passes `hop` now must vanish. */
  leaks(hop: Hop): boolean {
    return this.leak !== null && this.leak.hop === hop && this.passed++ === this.leak.at;
  }

  /** Compares with what the walk found at each hop. */
  check(found: Record<Hop, number>, violations: Violations): void {
    for (const hop of HOPS) {
      const expected = this.in[hop] - this.out[hop];
      if (expected !== found[hop]) {
        violations.add(
          `hop-${hop}`,
          `${this.in[hop]} in, ${this.out[hop]} out, but ${found[hop]} found there, not ${expected}`,
        );
      }
    }
  }
}
