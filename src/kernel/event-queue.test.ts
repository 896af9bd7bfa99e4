/** The fast queue against the reference heap: the same order under every distribution, and bounded work. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tieKey } from "./event-records.js";
import { RandomStreams } from "./random.js";
import { type ReferenceEvent, ReferenceHeap } from "./reference-heap.js";
import { Simulation } from "./simulation.js";

/** Delay in ns of the next event from two uniform draws. */
type Delay = (u: number, v: number) => number;

const distributions: Record<string, Delay> = {
  exponential: (u) => Math.floor(-Math.log(u) * 1e6),
  uniform: (u) => Math.floor(u * 2e6),
  "fine exponential (below one event per ns)": (u) => Math.floor(-Math.log(u) * 20),
  "all equal": () => 1000,
  "zero delays": (u, v) => (v < 0.7 ? 0 : Math.floor(u * 1000)),
  grid: (u) => 1_000_000 * (1 + Math.floor(u * 3)),
  bimodal: (u, v) => Math.floor((v < 0.5 ? 1e3 : 1e9) * u),
  "far future": (u, v) => Math.floor(-Math.log(u) * (v < 0.1 ? 1e12 : 1e3)),
  "heavy tail": (u) => Math.min(2 ** 45, Math.floor(1000 / u ** 2)),
  triangular: (u, v) => Math.floor((u + v) * 1e6),
};

interface Entry extends ReferenceEvent {
  readonly id: number;
  readonly entity: number;
}

/** Runs both queues side by side; every event handled schedules `fanout(…)` new ones and may cancel an old one. */
function compare(options: {
  seed: number;
  pending: number;
  steps: number;
  delay: Delay;
  salt?: number;
  cancelShare?: number;
  entities?: number;
  stepNs?: number;
  /** Pending events swing between this share and all of `pending`. */
  swing?: number;
}): Simulation {
  const { seed, pending, steps, delay, salt = 0, cancelShare = 0, entities = pending, stepNs, swing = 1 } = options;
  const draws = new RandomStreams(`queue-${seed}`).family("test");
  const simulation = new Simulation({ shuffleSalt: salt });
  const reference = new ReferenceHeap<Entry>();
  const handles: number[] = [];
  const entries: Entry[] = [];
  const cancelled = new Set<number>();
  const handled = new Set<number>();
  let live = 0;
  const push = (): void => {
    const id = handles.length;
    const entity = draws.below(1, id, entities);
    const priority = draws.below(2, id, 3) * 50;
    const timeNs = simulation.nowNs + delay(draws.uniform(3, id), draws.uniform(4, id));
    const entry = { timeNs, priority, tieKey: tieKey(entity, salt), sequence: id, id, entity };
    entries.push(entry);
    reference.push(entry);
    handles.push(simulation.schedule(timeNs, kinds[priority / 50]!, entity, id, -id, id ^ 0x55));
    live++;
  };
  const cancelOne = (index: number): void => {
    const id = draws.below(5, index, handles.length);
    const alive = !cancelled.has(id) && !handled.has(id);
    if (simulation.timeOf(handles[id]!) !== (alive ? entries[id]!.timeNs : Number.NaN) && alive)
      throw new Error("timeOf");
    if (simulation.cancel(handles[id]!) !== alive) throw new Error(`cancel of ${id} should be ${alive}`);
    if (!alive) return;
    cancelled.add(id);
    live--;
  };
  const onEvent = (entity: number, a: number, b: number, c: number): void => {
    let expected = reference.pop();
    while (expected !== undefined && cancelled.has(expected.id)) expected = reference.pop();
    if (expected === undefined || expected.id !== a || simulation.nowNs !== expected.timeNs) {
      throw new Error(`handled ${a} at ${simulation.nowNs}, expected ${expected?.id} at ${expected?.timeNs}`);
    }
    if (entity !== expected.entity || b !== -a || c !== (a ^ 0x55)) throw new Error(`arguments of ${a}`);
    handled.add(a);
    live--;
    if (draws.uniform(6, a) < cancelShare) cancelOne(a);
    const phase = Math.floor((simulation.eventsHandled * 5) / steps) % 2;
    const wanted = phase === 0 ? pending : Math.ceil(pending * swing);
    for (let i = 0; i < 3 && live < wanted; i++) push();
    if (simulation.eventsHandled >= steps) simulation.stop();
  };
  const kinds = [0, 50, 100].map((priority) => simulation.defineKind(`k${priority}`, priority, onEvent));
  for (let i = 0; i < pending; i++) push();
  if (stepNs === undefined) simulation.run(Number.POSITIVE_INFINITY);
  else {
    while (simulation.eventsHandled < steps && simulation.pending > 0) {
      if (simulation.pending !== live) throw new Error("pending");
      let first = reference.peek();
      while (first !== undefined && cancelled.has(first.id)) {
        reference.pop();
        first = reference.peek();
      }
      if (simulation.peekTimeNs() !== (first?.timeNs ?? Number.POSITIVE_INFINITY)) throw new Error("peek");
      simulation.run(Math.max(simulation.nowNs + stepNs, first!.timeNs));
    }
  }
  expect(simulation.pending).toBe(live);
  return simulation;
}

describe("event queue", () => {
  for (const [name, delay] of Object.entries(distributions)) {
    it(`takes events in the order of the reference heap: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.record({
            seed: fc.nat(),
            pending: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 400, max: 4000 })),
            salt: fc.constantFrom(0, 12345),
            cancelShare: fc.constantFrom(0, 0.3, 0.9),
            entities: fc.constantFrom(1, 7, 100_000),
            stepNs: fc.constantFrom(undefined, 5_000, 50_000_000),
            swing: fc.constantFrom(1, 0.02),
          }),
          ({ stepNs, ...rest }) => {
            compare({ ...rest, steps: 3 * rest.pending + 3000, delay, ...(stepNs === undefined ? {} : { stepNs }) });
          },
        ),
        { numRuns: 12, seed: 4711 },
      );
    });

    it(`does bounded work per event: ${name}`, () => {
      const pending = 20_000;
      const simulation = new Simulation();
      const draws = new RandomStreams("work").family("test");
      const kind = simulation.defineKind("hold", 0, (entity) => {
        const n = simulation.eventsHandled;
        simulation.schedule(simulation.nowNs + delay(draws.uniform(1, n), draws.uniform(2, n)), kind, entity);
        if (n >= 400_000) simulation.stop();
      });
      for (let i = 0; i < pending; i++) simulation.schedule(delay(draws.uniform(3, i), draws.uniform(4, i)), kind, i);
      simulation.run(Number.POSITIVE_INFINITY);
      // A binary heap of this size moves about 14 levels per event; a step of work is a few ns.
      expect(simulation.queueWork / simulation.eventsHandled).toBeLessThan(40);
    });
  }

  it("cancels most of 100,000 without keeping their records", () => {
    const simulation = new Simulation();
    const kind = simulation.defineKind("timer", 0, () => {});
    let previous = simulation.schedule(1e15, kind, 0);
    for (let i = 0; i < 100_000; i++) {
      previous = simulation.schedule(1e15 + i, kind, 0);
      expect(simulation.cancel(previous)).toBe(true);
    }
    expect(simulation.pending).toBe(1);
    expect(simulation.queueWork / 100_000).toBeLessThan(10);
    expect(simulation.recordCapacity).toBeLessThan(5000);
  });
});
