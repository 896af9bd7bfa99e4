/**
 * Latency of what is processed in time, from samples: one record of a quantum stands for all matches that it showed.
 * What comes late is known when the books are settled.
 */
import { quantileNs } from "../../../kernel/distributions.js";
import type { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { DOUBLES, END, FIRST, SPAN, TIME, WORDS } from "./quanta.js";
import type { LumpedState } from "./state.js";

const LATE_SAMPLES = 16;

export class LatencySamples {
  /** Quanta whose latency is looked at: all, or of a large job one in four; a mask of their end offsets' hash. */
  readonly mask: number;
  private readonly state: LumpedState;
  private readonly latency: LatencyHistogram;
  private readonly binned: BinnedLatency;
  private readonly measureFromNs: number;
  private readonly serviceNs: Float64Array;
  /** Share of the flush wait that a record waits: less than 1 where segments fill faster than the flusher comes. */
  private readonly waitShare: Float64Array;
  /** Signed quantiles of the partner's delay, by group; and from which age on a record counts as delayed. */
  private readonly delays: readonly Float64Array[];
  private readonly delayedFrom: number;
  /** Share of a quantum's records that one flush really brings to one consumer. */
  private readonly flushShare: Float64Array;

  constructor(state: LumpedState, latency: LatencyHistogram, binned: BinnedLatency, serviceNs: Float64Array) {
    this.state = state;
    this.latency = latency;
    this.binned = binned;
    this.serviceNs = serviceNs;
    const { layout } = state;
    this.measureFromNs = state.context.measureFromNs;
    const { engine } = layout.config;
    this.mask = layout.sources >= 1000 ? 3 << 16 : 0;
    this.delayedFrom = 4 * layout.resolutionNs;
    this.delays = layout.groups.map((group) => {
      const vertex = layout.sinks[group.sink]!.config;
      if (vertex.type !== "join") return new Float64Array(0);
      return Float64Array.from(
        { length: 64 },
        (_, i) => (i % 2 === 0 ? 1 : -1) * quantileNs(vertex.matchDelay, ((i >> 1) + 0.5) / 32),
      );
    });
    this.flushShare = Float64Array.from(layout.groups, (group) => (group.edge.allToAll ? 1 / group.edge.consumers : 1));
    this.waitShare = Float64Array.from(layout.groups, (group) => {
      const channels = group.edge.allToAll ? group.edge.consumers : 1;
      const fillNs = (engine.segmentBytes / ((group.ratePerSource * group.wireBytes) / channels)) * 1e9;
      return Math.min(1, engine.bufferTimeoutNs / layout.resolutionNs, fillNs / layout.resolutionNs);
    });
  }

  /** The latency of one record of the quantum, whose service begins at its time, stands for all that it emitted. */
  sample(e: number, consumer: number, group: number, count: number, emitted: number): void {
    const { words, doubles } = this.state.gates;
    const service = this.serviceNs[consumer]!;
    const start = doubles[e * DOUBLES + TIME]!;
    const done = start + Math.floor(count * service + 0.5);
    const w = e * WORDS;
    const event = doubles[e * DOUBLES + FIRST]!;
    // A quantum that comes late carries records whose partners were there long ago, or not: several are looked at.
    const samples = done - event > this.delayedFrom ? LATE_SAMPLES : 1;
    const span = words[w + SPAN]!;
    const seed = (Math.imul(words[w + END]!, 0x9e3779b1) >>> 0) * 2 ** -32;
    for (let i = 0; i < samples; i++) {
      // A stratified place in the quantum: low-discrepancy in the offset, so independent of the order of visits.
      const u = (i + seed) / samples;
      const eventNs = event + u * span;
      // The records of one flush that are for this consumer are few; those before it in the quantum stand for others'.
      const emission = start + (u * count * this.flushShare[group]! + 1) * service;
      const wait = (1 - u) * (span < this.state.layout.resolutionNs ? span : this.state.layout.resolutionNs);
      const left = emission < done ? emission : done;
      const later = samples > 1 ? this.laterEvent((u * 7919) % 1, left, eventNs, group) : eventNs;
      const latency = Math.max(0, Math.round(left - later - wait * (1 - this.waitShare[group]!)));
      const weight =
        samples === 1 ? emitted : Math.floor(((i + 1) * emitted) / samples) - Math.floor((i * emitted) / samples);
      if (weight === 0) continue;
      this.binned.add(done, latency, weight);
      if (done >= this.measureFromNs) this.latency.add(latency, weight);
    }
  }

  /** A record that comes late has partners that came before it with a later event time: one of them, at place u. */
  private laterEvent(v: number, nowNs: number, event: number, group: number): number {
    const delays = this.delays[group]!;
    if (delays.length === 0) return event;
    // Half of the partners are earlier; of the later ones, those that can be there already.
    const other = event + delays[Math.floor(v * delays.length)]!;
    return other > event && other < nowNs - this.delayedFrom / 4 ? other : event;
  }
}
