/**
 * The end of a run: what is still under way is walked, the ledgers are closed and checked, the measures collected.
 * Nothing here is computed as a remainder; what does not add up is reported by name.
 */
import { MATCH_MISS_CAUSES, type MatchMissCause, RECORD_LOSS_CAUSES, type RecordLossCause } from "../../loss-causes.js";
import type { PlaneResult } from "../data-plane.js";
import { hashExpected, matchTotals, producedByBin } from "./finish-totals.js";
import type { MatchBook } from "./match-book.js";
import type { PlaneParts } from "./plane-parts.js";
import { BIN, COPY, COUNT_0, COUNT_1, SOURCE, TARGET, WORDS } from "./quanta.js";
import { CAUSE } from "./record-ledger.js";
import { DEAD } from "./state.js";

export interface Walk {
  /** Originals under way, by group × stride + event bin. */
  readonly byBin: Float64Array;
  total: number;
}

/** Originals in logs, sources' buffers, queues, wires, gates, held lists and rows. */
export function walk(plane: PlaneParts, endNs: number): Walk {
  const { state, layout, rereads, sources, holding, rows } = plane;
  const stride = layout.bins + 1;
  const result: Walk = { byBin: new Float64Array(layout.groups.length * stride), total: 0 };
  const add = (group: number, bin: number, count: number): void => {
    result.byBin[group * stride + Math.min(bin, layout.bins)] =
      result.byBin[group * stride + Math.min(bin, layout.bins)]! + count;
    result.total += count;
  };
  for (let s = 0; s < layout.sources; s++) {
    const group = layout.groupOfSource[s]!;
    const from = state.sourceFlags[s]! & DEAD ? state.read[s]! : state.flushed[s]!;
    sources.pieces(s, from, state.arrivals.endAt(s, endNs), (bin, a, b) =>
      add(group, bin, rereads.originalsIn(s, a, b)),
    );
  }
  const inColumns = (words: Int32Array, q: number): void => {
    const w = q * WORDS;
    if (words[w + TARGET]! & COPY) return;
    const group = layout.groupOfSource[words[w + SOURCE]!]!;
    add(group, words[w + BIN]!, words[w + COUNT_0]!);
    if (words[w + COUNT_1]! > 0) add(group, words[w + BIN]! + 1, words[w + COUNT_1]!);
  };
  const { words, next } = state.pool;
  const quantum = (q: number): void => inColumns(words, q);
  const list = (head: number): void => {
    for (let q = head; q >= 0; q = next[q]!) quantum(q);
  };
  state.later.each(quantum);
  for (let tm = 0; tm < state.taskManagers; tm++) {
    list(state.arrivalTop[tm]!);
    for (let lane = tm * state.lanes; lane < (tm + 1) * state.lanes; lane++) list(state.stagedHead[lane]!);
  }
  state.gates.each((entry) => inColumns(state.gates.words, entry));
  holding.walk((entry) => inColumns(state.gates.words, entry));
  rows.walkHeld((s, bin, count) => add(layout.groupOfSource[s]!, bin, count));
  for (let s = 0; s < layout.sources; s++) result.total -= rows.debts.debtLost[s]! + rows.debts.debtBack[s]!;
  return result;
}

/** Members that rounded shares may leave behind in the books of matches; in the shipped scenarios none are. */
const LEFT_MOST = 10;

class Violations {
  readonly list: { name: string; count: number; first: string }[] = [];
  add(name: string, count: number, first: string): void {
    if (count !== 0) this.list.push({ name, count: Math.abs(count), first });
  }
}

/** Hop by hop: what went in is what came out, was lost there, or is still there. */
function checkHops(plane: PlaneParts, violations: Violations): void {
  const { state, sources, receivers, holding } = plane;
  const countOf = (columns: Int32Array, q: number): number =>
    columns[q * WORDS + COUNT_0]! + columns[q * WORDS + COUNT_1]!;
  const check = (name: string, expected: number, there: number): void =>
    violations.add(name, expected - there, `${expected} records have come and not gone, ${there} are there`);

  let inGates = 0;
  for (const count of state.queued) inGates += count;
  let seen = 0;
  state.gates.each((entry) => {
    seen += countOf(state.gates.words, entry);
  });
  check("hop-gate", inGates, seen);

  let held = 0;
  for (const count of state.held) held += count;
  seen = 0;
  holding.walk((entry) => {
    seen += countOf(state.gates.words, entry);
  });
  check("hop-subpartition", held, seen);

  const { words, next } = state.pool;
  seen = 0;
  const list = (head: number): void => {
    for (let q = head; q >= 0; q = next[q]!) seen += countOf(words, q);
  };
  state.later.each((q) => {
    seen += countOf(words, q);
  });
  for (let tm = 0; tm < state.taskManagers; tm++) {
    list(state.arrivalTop[tm]!);
    for (let lane = tm * state.lanes; lane < (tm + 1) * state.lanes; lane++) list(state.stagedHead[lane]!);
  }
  const sent = sources.sent - receivers.processed - receivers.dropped - holding.lostCopiesAndAll;
  check("hop-wire", sent - inGates - held, seen);
}

/** What sources have lost of their own since the last settlement. */
function settleSources(plane: PlaneParts): void {
  const { layout, ledger, books } = plane;
  for (let s = 0; s < layout.sources; s++) {
    const group = layout.groups[layout.groupOfSource[s]!]!;
    ledger.settleOwn(
      s,
      Number.POSITIVE_INFINITY,
      (bin, count, cls, cause) =>
        books[group.sink]!.loseEarlier(group.input, bin, count, cls, cause === CAUSE.lostInFlight),
      () => undefined,
    );
  }
}

/** Settles a book for the last time; returns matches that wait, each for a record that the walk has found under way. */
function settleBook(plane: PlaneParts, book: MatchBook, walked: Walk, bins: number, violations: Violations): number {
  const { layout } = plane;
  const stride = layout.bins + 1;
  const left = book.settleAtEnd((input, bin) => walked.byBin[book.sink.inputs[input]!.index * stride + bin]!);
  if (left > LEFT_MOST)
    violations.add("matches-follow-records", left, `${left} members whose record is nowhere under way had not arrived`);
  let pending = 0;
  let groundless = 0;
  let first = "";
  book.finish((input, bin, later, count) => {
    if (later >= bins) return;
    pending += count;
    const group = book.sink.inputs[Math.max(0, input)]!;
    if (input < 0 || walked.byBin[group.index * stride + bin]! <= 0) {
      groundless += count;
      first ||= `a record of ${layout.config.vertices[group.vertex]!.id}, bin ${bin}`;
    }
  });
  violations.add("pending-matches", groundless, first);
  return pending;
}

export function finishPlane(plane: PlaneParts, endNs: number): PlaneResult {
  const { state, layout, sources, receivers, ledger, books, timeline, holding, gaps, latency, binned } = plane;
  // The last tick has settled every whole bin; a part of one is settled here.
  if (state.arrivals.bin * layout.resolutionNs < endNs) plane.closeBin();
  const wholeBins = Math.floor(endNs / layout.resolutionNs);
  const violations = new Violations();

  settleSources(plane);
  let produced = 0;
  for (let s = 0; s < layout.sources; s++) produced += state.arrivals.endAt(s, endNs);
  const walked = walk(plane, endNs);
  const balance = produced - ledger.delivered - ledger.lostTotal - walked.total;
  violations.add(
    "record-ledger",
    balance,
    `produced ${produced} − delivered ${ledger.delivered} − lost ${ledger.lostTotal} − in flight ${walked.total} = ${balance}`,
  );

  checkHops(plane, violations);

  let expected = 0;
  let emitted = 0;
  let duplicated = 0;
  let pending = 0;
  const missed = new Float64Array(MATCH_MISS_CAUSES.length);
  for (const book of books) {
    if (!book.sink.config.sink) continue;
    const waiting = settleBook(plane, book, walked, wholeBins, violations);
    const totals = matchTotals(book, wholeBins);
    let gone = 0;
    for (const [cause, count] of totals.missed.entries()) {
      missed[cause] = missed[cause]! + count;
      gone += count;
    }
    const rest = totals.expected - totals.emitted - gone - waiting;
    violations.add(
      "match-ledger",
      rest,
      `expected ${totals.expected} − emitted ${totals.emitted} − missed ${gone} − pending ${waiting} = ${rest}`,
    );
    expected += totals.expected;
    emitted += totals.emitted;
    pending += waiting;
    duplicated += book.duplicated;
  }

  gaps.finish(endNs);
  binned.finish();
  let { hash } = state.arrivals;
  for (const book of books) hash = hashExpected(hash, book.expectedIn);
  return {
    records: {
      produced,
      delivered: ledger.delivered,
      duplicated: ledger.duplicated,
      inFlight: walked.total,
      lost: Object.fromEntries(RECORD_LOSS_CAUSES.map((cause, i) => [cause, ledger.lost[i]!])) as Record<
        RecordLossCause,
        number
      >,
    },
    matches: {
      expected,
      emitted,
      duplicated,
      pending,
      missed: Object.fromEntries(MATCH_MISS_CAUSES.map((cause, i) => [cause, missed[i]!])) as Record<
        MatchMissCause,
        number
      >,
    },
    bins: {
      produced: timeline.counts(producedByBin(layout, state.arrivals.produced)),
      delivered: timeline.counts(timeline.delivered),
      discarded: timeline.counts(timeline.discarded),
      emitted: timeline.counts(timeline.emitted),
      backlogLog: timeline.levels(timeline.backlogLog),
      backlogNetwork: timeline.levels(timeline.backlogNetwork),
      latencyP50Ns: binned.p50Ns,
      latencyP99Ns: binned.p99Ns,
    },
    sinkTasks: gaps.sinkTasks,
    gapNs: gaps.gapNs,
    gapStartNs: gaps.gapStartNs,
    latencyNs: {
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      p999: latency.quantile(0.999),
      max: latency.maxNs,
    },
    logicalEvents: sources.visits + 2 * sources.quanta + receivers.arrivals + 2 * receivers.completions,
    exogenousHash: (hash >>> 0).toString(16).padStart(8, "0"),
    violations: violations.list,
    stalls: holding.finish(endNs),
  };
}
