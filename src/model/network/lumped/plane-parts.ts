/** The parts of the lumped plane that its life cycle and its final walk work on; `plane.ts` owns and wires them. */
import type { GapTracker } from "../plane-common/gap-tracker.js";
import type { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import type { Holding } from "./holding.js";
import type { Layout } from "./layout.js";
import type { MatchBook } from "./match-book.js";
import type { Receivers } from "./receivers.js";
import type { RecordLedger } from "./record-ledger.js";
import type { Rereads } from "./rereads.js";
import type { Rows } from "./rows.js";
import type { Sources } from "./sources.js";
import type { LumpedState } from "./state.js";
import type { Threads } from "./threads.js";
import type { Timeline } from "./timeline.js";

export interface PlaneParts {
  readonly layout: Layout;
  readonly state: LumpedState;
  readonly sources: Sources;
  readonly receivers: Receivers;
  readonly ledger: RecordLedger;
  readonly books: readonly MatchBook[];
  readonly rows: Rows;
  readonly holding: Holding;
  readonly rereads: Rereads;
  readonly timeline: Timeline;
  readonly gaps: GapTracker;
  readonly latency: LatencyHistogram;
  readonly binned: BinnedLatency;
  readonly threads: Threads;
  /** Brings one consumer, and what leads to it, up to now. */
  advanceConsumer(consumer: number): void;
  /** Settles the current bin, or what the run's end leaves of it. */
  closeBin(): void;
}
