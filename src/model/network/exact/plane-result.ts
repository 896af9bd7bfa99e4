/** What the exact plane says at the end of a run, from its ledger, meter and tally. Checks nothing. */
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../../loss-causes.js";
import type { PlaneResult } from "../data-plane.js";
import type { LedgerTotals } from "./tally.js";
import type { World } from "./world.js";

/** Ends the measures that last until the end of the run; to be called once. */
export function planeResult(world: World, totals: LedgerTotals, logicalEvents: number, endNs: number): PlaneResult {
  const { meter, ledger, arrivals, violations, stalls } = world;
  meter.gaps.finish(endNs);
  meter.binned.finish();
  return {
    records: {
      produced: totals.produced,
      delivered: ledger.delivered,
      duplicated: ledger.duplicated,
      inFlight: totals.inFlight,
      lost: Object.fromEntries(
        RECORD_LOSS_CAUSES.map((name, i) => [name, ledger.lost[i]!]),
      ) as PlaneResult["records"]["lost"],
    },
    matches: {
      expected: ledger.matchesExpected,
      emitted: meter.emitted,
      duplicated: ledger.matchesDuplicated,
      pending: totals.pending,
      missed: Object.fromEntries(
        MATCH_MISS_CAUSES.map((name, i) => [name, ledger.matchesMissed[i]!]),
      ) as PlaneResult["matches"]["missed"],
    },
    bins: {
      produced: meter.bins.produced,
      delivered: meter.bins.delivered,
      discarded: meter.bins.discarded,
      emitted: meter.bins.emitted,
      backlogLog: meter.bins.backlogLog,
      backlogNetwork: meter.bins.backlogNetwork,
      latencyP50Ns: meter.binned.p50Ns,
      latencyP99Ns: meter.binned.p99Ns,
    },
    sinkTasks: meter.gaps.sinkTasks,
    gapNs: meter.gaps.gapNs,
    gapStartNs: meter.gaps.gapStartNs,
    latencyNs: {
      p50: meter.latency.quantile(0.5),
      p99: meter.latency.quantile(0.99),
      p999: meter.latency.quantile(0.999),
      max: meter.latency.maxNs,
    },
    logicalEvents,
    exogenousHash: arrivals.exogenousHash(),
    violations: violations.list(),
    stalls: stalls.finish(endNs),
  };
}
