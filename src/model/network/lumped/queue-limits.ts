/** The limits of queues whose channels are not treated apart: where they are full, sources stop to keep up with their logs. */
import type { Holding } from "./holding.js";
import type { Sources } from "./sources.js";
import type { LumpedState } from "./state.js";

export class QueueLimits {
  private readonly state: LumpedState;
  private readonly sources: Sources;
  private readonly sinkLimits: Float64Array;
  /** Per source group: more records under way than one source's channels can hold. */
  private readonly mostUnderWay: Float64Array;

  constructor(state: LumpedState, sources: Sources, holding: Holding) {
    this.state = state;
    this.sources = sources;
    this.sinkLimits = this.queueLimits();
    const { groups, groupOfSource } = state.layout;
    this.mostUnderWay = Float64Array.from(groups, (group) =>
      holding.reach(groupOfSource.indexOf(group.index), group.index),
    );
  }

  /** Records that a consumer's queue can hold before its channels are full at both ends; without a limit per channel: Infinity. */
  private queueLimits(): Float64Array {
    const { layout } = this.state;
    const { engine } = layout.config;
    return Float64Array.from(layout.sinks, (sink) => {
      if (engine.maxBuffersPerChannel === null) return Number.POSITIVE_INFINITY;
      let records = 0;
      for (const group of sink.inputs) {
        const channels = group.edge.allToAll ? group.sources : 1;
        const buffers =
          channels * (engine.exclusiveBuffersPerChannel + engine.maxBuffersPerChannel) + engine.floatingBuffersPerGate;
        records += (buffers * engine.segmentBytes) / group.wireBytes;
      }
      return records;
    });
  }

  /**
   * One saturated consumer throttles every producer of its edges until its queue is below its limit again; and a
   * source that has more under way than its pool and its channels' credits hold stops to keep up with its log.
   */
  apply(nowNs: number): void {
    const { state, sources } = this;
    const { layout } = state;
    for (const sink of layout.sinks) {
      const limit = this.sinkLimits[sink.index]!;
      let over = 0;
      if (limit !== Number.POSITIVE_INFINITY)
        for (let c = sink.base; c < sink.base + sink.consumers; c++) if (state.queued[c]! > limit) over++;
      const blocked = over > 0 ? 1 : 0;
      for (const group of sink.inputs) {
        if (sources.blocked[group.index] === blocked) continue;
        if (blocked)
          for (let s = 0; s < layout.sources; s++)
            if (layout.groupOfSource[s] === group.index) sources.fallBehind(s, nowNs);
        sources.blocked[group.index] = blocked;
      }
    }
    const { sentOf, processedAtTick } = state;
    for (let s = 0; s < sentOf.length; s++)
      if (sentOf[s]! - processedAtTick[s]! > this.mostUnderWay[layout.groupOfSource[s]!]!) sources.fallBehind(s, nowNs);
  }
}
