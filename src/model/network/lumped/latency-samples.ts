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
  private readonly resolutionNs: number;
  private readonly latenciesNs = new Float64Array(LATE_SAMPLES);
  private readonly weights = new Int32Array(LATE_SAMPLES);
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
    this.resolutionNs = layout.resolutionNs;
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
      // Flushes come once in a timeout, ends of segments once in so many: a record waits for the first of the two.
      const fills =
        engine.segmentBytes / (((group.ratePerSource * group.wireBytes) / channels) * (engine.bufferTimeoutNs / 1e9));
      const ofTimeout = fills >= 1 ? 1 - 1 / (3 * fills) : fills - (fills * fills) / 3;
      return Math.min(1, (ofTimeout * engine.bufferTimeoutNs) / layout.resolutionNs);
    });
  }

  /**
   * The latency of one record of the quantum, whose service begins at its time, stands for all that it emitted. Only
   * small integers are handed on, and times in columns: a double as an argument would be a boxed number per quantum.
   */
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
    const flushShare = this.flushShare[group]!;
    const longestWait = span < this.resolutionNs ? span : this.resolutionNs;
    const unwaited = 1 - this.waitShare[group]!;
    const delays = this.delays[group]!;
    const { latenciesNs, weights } = this;
    let n = 0;
    for (let i = 0; i < samples; i++) {
      const weight =
        samples === 1 ? emitted : Math.floor(((i + 1) * emitted) / samples) - Math.floor((i * emitted) / samples);
      if (weight === 0) continue;
      // A stratified place in the quantum: low-discrepancy in the offset, so independent of the order of visits.
      const u = (i + seed) / samples;
      let eventNs = event + u * span;
      // The records of one flush that are for this consumer are few; those before it in the quantum stand for others'.
      const emission = start + (u * count * flushShare + 1) * service;
      const left = emission < done ? emission : done;
      // A record that comes late has partners that came before it with a later event time: one of them, at a place that
      // depends on u. Half of the partners are earlier; of the later ones, those that can be there already.
      if (samples > 1 && delays.length > 0) {
        const other = eventNs + delays[Math.floor(((u * 7919) % 1) * delays.length)]!;
        if (other > eventNs && other < left - this.delayedFrom / 4) eventNs = other;
      }
      latenciesNs[n] = Math.max(0, Math.round(left - eventNs - (1 - u) * longestWait * unwaited));
      weights[n++] = weight;
    }
    if (n === 0) return;
    const bin = Math.floor(done / this.binned.binNs);
    this.binned.addMany(bin, latenciesNs, weights, n, done >= this.measureFromNs ? this.latency : null);
  }
}
