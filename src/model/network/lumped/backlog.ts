/** What waits at the end of a bin: in the log unread, and in the network between reading and processing. */
import { BLOCK } from "./blocks.js";
import type { Holding } from "./holding.js";
import type { Receivers } from "./receivers.js";
import type { Rows } from "./rows.js";
import type { Sources } from "./sources.js";
import { DEAD, type LumpedState } from "./state.js";
import type { Timeline } from "./timeline.js";

export class Backlog {
  private readonly state: LumpedState;
  private readonly sources: Sources;
  private readonly receivers: Receivers;
  private readonly rows: Rows;
  private readonly holding: Holding;
  private readonly timeline: Timeline;
  /** Records in the log, and read but not flushed, of the sources looked at so far. */
  private readonly sums = new Float64Array(2);

  constructor(
    state: LumpedState,
    sources: Sources,
    receivers: Receivers,
    rows: Rows,
    holding: Holding,
    timeline: Timeline,
  ) {
    this.state = state;
    this.sources = sources;
    this.receivers = receivers;
    this.rows = rows;
    this.holding = holding;
    this.timeline = timeline;
  }

  /** The bin is over: everything is advanced to `endNs`. */
  see(bin: number, endNs: number): void {
    const { sources, receivers, timeline, sums } = this;
    const count = this.state.flushed.length;
    sums.fill(0);
    for (let s = 0; s < count; s += BLOCK) this.look(s, Math.min(count, s + BLOCK), endNs);
    timeline.backlogLog[bin] = sums[0]!;
    timeline.backlogNetwork[bin] =
      sums[1]! -
      receivers.inService(endNs) +
      sources.sent -
      receivers.processed -
      receivers.dropped -
      this.holding.lostCopiesAndAll +
      this.rows.heldRows.heldNow;
  }

  private look(from: number, to: number, endNs: number): void {
    const { sourceFlags, flushed, arrivals } = this.state;
    const { before, inBin } = arrivals;
    let log = 0;
    let unflushed = 0;
    for (let s = from; s < to; s++) {
      const flags = sourceFlags[s]!;
      if (flags === 0) unflushed += before[s]! + inBin[s]! - flushed[s]!;
      else {
        const end = arrivals.endAt(s, endNs);
        const read = this.sources.readBy(s, endNs, end);
        log += end - read;
        if ((flags & DEAD) === 0) unflushed += read - flushed[s]!;
      }
    }
    this.sums[0] = this.sums[0]! + log;
    this.sums[1] = this.sums[1]! + unflushed;
  }
}
