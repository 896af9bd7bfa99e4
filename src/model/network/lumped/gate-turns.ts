/**
 * How a gate divides its service between sources that read a backlog which others have not, and all others. Channels
 * with data take turns, a buffer each: those of a lagging source have full segments to give, the others what one flush
 * brought them, and only those count that have any.
 */
import { COUNT_0, COUNT_1, WORDS } from "./quanta.js";
import type { LumpedState } from "./state.js";

export class GateTurns {
  /** By consumer: the share of its service that is due to lagging channels while both kinds wait; as of the last tick. */
  readonly lagShare: Float64Array;
  private readonly state: LumpedState;
  /** By sink group: all channels of one consumer, records of one flush that brings any, records of a full segment. */
  private readonly channels: Int32Array;
  private readonly perFlush: Float64Array;
  private readonly perSegment: Float64Array;
  /** Credits of a channel: its exclusive buffers and its part of the gate's floating ones. */
  private readonly credits: Float64Array;

  constructor(state: LumpedState) {
    this.state = state;
    const { layout } = state;
    const { engine } = layout.config;
    this.lagShare = new Float64Array(layout.consumers).fill(0.5);
    this.channels = Int32Array.from(layout.sinks, (sink) =>
      sink.inputs.reduce((sum, group) => sum + (group.edge.allToAll ? group.sources : 1), 0),
    );
    this.perFlush = Float64Array.from(layout.sinks, (sink) => {
      const group = sink.inputs[0]!;
      const mean = group.edge.allToAll ? group.meanPerBin / sink.consumers : group.meanPerBin;
      return mean > 0 ? mean / (1 - Math.exp(-mean)) : 1;
    });
    this.perSegment = Float64Array.from(layout.sinks, (sink) =>
      Math.max(1, engine.segmentBytes / sink.inputs[0]!.wireBytes),
    );
    this.credits = Float64Array.from(
      layout.sinks,
      (sink) =>
        engine.exclusiveBuffersPerChannel + engine.floatingBuffersPerGate / Math.max(1, sink.inputs[0]!.sources),
    );
  }

  /** Everything is advanced to the same instant. */
  atTick(): void {
    const { layout, lagging } = this.state;
    for (const sink of layout.sinks) {
      if (lagging[sink.index] === 0) continue;
      const channels = this.channels[sink.index]!;
      const lags = Math.min(channels, Math.max(1, lagging[sink.index]!));
      const segment = this.perSegment[sink.index]!;
      const flush = Math.min(segment, this.perFlush[sink.index]!);
      const credits = this.credits[sink.index]!;
      for (let c = sink.base; c < sink.base + sink.consumers; c++) {
        const lagRecords = this.waiting(this.state.gates.lagList(c));
        const others = this.state.queued[c]! - lagRecords;
        const lagTurn = Math.max(lags * flush, Math.min(lags * segment, lagRecords));
        // Without a credit left the sender goes on filling the segment: it comes with what a few turns have brought.
        const size = Math.min(segment, Math.max(flush, others / ((channels - lags) * (credits + 1))));
        const otherTurn = Math.min((channels - lags) * size, Math.max(flush, others));
        this.lagShare[c] = lagTurn / (lagTurn + otherTurn);
      }
    }
  }

  private waiting(list: number): number {
    const { gates } = this.state;
    const { words } = gates;
    let records = 0;
    for (let e = gates.head[list]!; e >= 0; e = gates.after(list, e))
      records += words[e * WORDS + COUNT_0]! + words[e * WORDS + COUNT_1]!;
    return records;
  }
}
