/**
 * What the outside world appends to the logs: Poisson (or evenly spaced) arrivals per source subtask, with real
 * partners for joins. Exogenous: a function of seed and job alone, generated in order of event time up to a horizon.
 *
 * A join's tuples are a Poisson process; the earliest record of a tuple falls on a uniformly drawn input at the
 * tuple's time, the others later by independent draws of the match delay. Displacing and assigning them at random
 * keeps every log Poisson; records without partner fill up its rate.
 */
import { meanNs, sampleNs } from "../../../kernel/distributions.js";
import type { RandomFamily } from "../../../kernel/random.js";
import type { PlaneContext } from "../data-plane.js";
import type { Keys } from "./keys.js";
import { PendingHeap } from "./pending-heap.js";
import { powerOfTwo } from "./rings.js";
import type { JoinRoute, Routes } from "./routes.js";
import { SourceLog } from "./source-log.js";
import { TupleTable } from "./tuples.js";

/** Delays beyond this many means (or beyond the window) find no partner that could still be there. */
const MEANS_BEFORE_START = 3;
/** Rows that are kept for flushes, look-ahead and the like, beyond windows and commits. */
const SLACK_NS = 1_000_000_000;
/** Tuples wait in heaps for their records: steps keep those short. */
const HASH_STEP_NS = 100_000_000;

export class Arrivals {
  readonly logs: SourceLog[] = [];
  /** Per join. */
  readonly tuples: TupleTable[] = [];
  horizonNs: number;
  /** A record got its place in the log of source `s`. */
  onAppend: (source: number, offset: number, eventNs: number, tuple: number) => void = () => {};

  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly keys: Keys;
  private readonly gaps: RandomFamily;
  private readonly tupleGaps: RandomFamily;
  private readonly tupleFirst: RandomFamily;
  private readonly tupleDelay: RandomFamily;
  private readonly tupleSubtask: RandomFamily;
  /** Per source: records of tuples still to come; mean gap, index and time of the next record without partner. */
  private readonly pending: PendingHeap[] = [];
  private readonly meanGapNs: Float64Array;
  private readonly periodic: Uint8Array;
  private readonly nextNs: Float64Array;
  private readonly nextIndex: Float64Array;
  private readonly nextTupleNs: Float64Array;
  private readonly hash: Int32Array;
  private readonly joinOfLog: Int32Array;
  private keepsRows = true;

  constructor(context: PlaneContext, routes: Routes, keys: Keys) {
    this.context = context;
    this.routes = routes;
    this.keys = keys;
    const { streams, config, topology } = context;
    this.gaps = streams.family("arrival-gap");
    this.tupleGaps = streams.family("tuple-gap");
    this.tupleFirst = streams.family("tuple-first");
    this.tupleDelay = streams.family("tuple-delay");
    this.tupleSubtask = streams.family("tuple-subtask");
    const sources = routes.sourceTasks.length;
    this.meanGapNs = new Float64Array(sources);
    this.periodic = new Uint8Array(sources);
    this.nextNs = new Float64Array(sources);
    this.nextIndex = new Float64Array(sources);
    this.nextTupleNs = new Float64Array(routes.joins.length);
    this.hash = new Int32Array(sources).fill(0x811c9dc5);
    this.joinOfLog = Int32Array.from(routes.sourceTasks, (task) => routes.joinOfSource[topology.taskVertex[task]!]!);
    let startNs = 0;
    for (const join of routes.joins) {
      const keptNs = join.windowNs + MEANS_BEFORE_START * meanNs(join.matchDelay) + SLACK_NS;
      this.tuples.push(new TupleTable(join.inputs.length, powerOfTwo(join.tuplesPerSecond * (keptNs / 1e9))));
      startNs = Math.max(startNs, join.windowNs, MEANS_BEFORE_START * meanNs(join.matchDelay));
    }
    startNs = -Math.ceil(startNs);
    this.horizonNs = startNs;
    const phases = streams.family("arrival-phase");
    for (let s = 0; s < sources; s++) {
      const v = topology.taskVertex[routes.sourceTasks[s]!]!;
      const vertex = config.vertices[v]!;
      this.pending.push(new PendingHeap());
      const join = routes.joinOfSource[v]!;
      const keptNs =
        Math.max(config.costs.offsetCommitIntervalNs, join < 0 ? 0 : routes.joins[join]!.windowNs) + SLACK_NS;
      this.logs.push(
        new SourceLog(
          routes.streamBase[s + 1]! - routes.streamBase[s]!,
          powerOfTwo((vertex.ratePerSecond / vertex.parallelism) * (keptNs / 1e9)),
        ),
      );
      this.periodic[s] = vertex.arrivals === "periodic" ? 1 : 0;
      const withPartner = join >= 0 && !this.periodic[s] ? routes.joins[join]!.tuplesPerSecond : 0;
      const perSecond = (vertex.ratePerSecond - withPartner) / vertex.parallelism;
      const gap = perSecond > vertex.ratePerSecond * 1e-9 ? 1e9 / perSecond : Number.POSITIVE_INFINITY;
      this.meanGapNs[s] = gap;
      this.nextNs[s] = this.periodic[s] ? startNs + phases.uniform53(s, 0) * gap : startNs;
      if (!this.periodic[s]) this.advanceSingle(s);
    }
    for (let j = 0; j < routes.joins.length; j++) {
      this.nextTupleNs[j] = startNs;
      this.advanceTuple(j, 0);
    }
  }

  /** Appends all records with event time up to `horizonNs`. */
  generate(horizonNs: number): void {
    for (let j = 0; j < this.tuples.length; j++) {
      while (this.nextTupleNs[j]! <= horizonNs) this.createTuple(j);
    }
    for (let s = 0; s < this.logs.length; s++) this.fill(s, horizonNs);
    this.horizonNs = horizonNs;
  }

  /** The rest of the run is drawn for its hash alone: no row is kept. */
  finish(durationNs: number): void {
    this.keepsRows = false;
    while (this.horizonNs < durationNs) this.generate(Math.min(durationNs, this.horizonNs + HASH_STEP_NS));
  }

  key(source: number, offset: number): number {
    const log = this.logs[source]!;
    const tuple = log.tuple[offset & log.mask]!;
    if (tuple < 0) return this.keys.ofRecord(source, offset);
    return this.keys.ofTuple(this.joinOf(source), tuple);
  }

  /** Join that source subtask `s` feeds, −1: none. */
  joinOf(source: number): number {
    return this.joinOfLog[source]!;
  }

  /** Hash over event times, partners and keys of all records before the end of the run. */
  exogenousHash(): string {
    let low = 0x811c9dc5 | 0;
    let high = 0x9e3779b9 | 0;
    for (let s = 0; s < this.hash.length; s++) {
      low = Math.imul(low ^ this.hash[s]!, 0x01000193);
      high = Math.imul(high ^ this.hash[s]! ^ (low >>> 13), 0x5bd1e995);
    }
    return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
  }

  private createTuple(j: number): void {
    const join: JoinRoute = this.routes.joins[j]!;
    const table = this.tuples[j]!;
    const { topology } = this.context;
    const id = this.keepsRows ? table.create() : table.end++;
    const atNs = this.nextTupleNs[j]!;
    const inputs = join.inputs.length;
    const first = this.tupleFirst.below(j, id, inputs);
    for (let i = 0; i < inputs; i++) {
      const address = id * inputs + i;
      const delayNs = i === first ? 0 : sampleNs(join.matchDelay, this.tupleDelay.uniform53(j, address));
      const source = join.inputs[i]!;
      const subtask = this.tupleSubtask.below(j, address, this.context.config.vertices[source]!.parallelism);
      this.pending[this.routes.sourceOfTask[topology.taskBase[source]! + subtask]!]!.push(atNs + delayNs, id);
    }
    this.advanceTuple(j, id + 1);
  }

  private advanceTuple(j: number, id: number): void {
    const perSecond = this.routes.joins[j]!.tuplesPerSecond;
    const u = this.tupleGaps.uniform53(j, id);
    this.nextTupleNs[j] =
      perSecond > 0 ? this.nextTupleNs[j]! - (1e9 / perSecond) * Math.log(u) : Number.POSITIVE_INFINITY;
  }

  private advanceSingle(s: number): void {
    const gap = this.meanGapNs[s]!;
    const index = this.nextIndex[s]!++;
    this.nextNs[s] = this.nextNs[s]! + (this.periodic[s] ? gap : -gap * Math.log(this.gaps.uniform53(s, index)));
  }

  private fill(s: number, horizonNs: number): void {
    const pending = this.pending[s]!;
    const periodic = this.periodic[s] === 1;
    for (;;) {
      const single = this.nextNs[s]!;
      const partner = pending.topTime();
      if (periodic) {
        // Even spacing: a record with partner takes the first tick after its time.
        if (single > horizonNs) return;
        this.append(s, Math.floor(single), partner <= single ? pending.pop() : -1);
        this.advanceSingle(s);
      } else if (partner < single) {
        if (partner > horizonNs) return;
        this.append(s, Math.floor(partner), pending.pop());
      } else {
        if (single > horizonNs) return;
        this.append(s, Math.floor(single), -1);
        this.advanceSingle(s);
      }
    }
  }

  private append(s: number, eventNs: number, tuple: number): void {
    const log = this.logs[s]!;
    const offset = log.end;
    const join = this.joinOfLog[s]!;
    if (eventNs < this.context.config.durationNs) {
      const time = (eventNs | 0) ^ Math.imul(Math.floor(eventNs / 2 ** 32) + 1, 0x2545f491);
      let hash = Math.imul(this.hash[s]! ^ time, 0x01000193) ^ tuple;
      // Keys are a function of the record's address: a sample of them tells whether the function is the same.
      if ((offset & 15) === 0) hash += tuple < 0 ? this.keys.ofRecord(s, offset) : this.keys.ofTuple(join, tuple);
      this.hash[s] = Math.imul(hash, 0x01000193);
    }
    if (!this.keepsRows) {
      log.end++;
      return;
    }
    log.append(eventNs, tuple);
    if (eventNs < 0) log.zero = log.end;
    if (tuple >= 0) this.tuples[join]!.append(tuple, eventNs);
    this.onAppend(s, offset, eventNs, tuple);
  }
}
