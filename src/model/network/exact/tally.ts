/**
 * Rows of logs and tuple tables that can change no more are counted and dropped; at the end of the run, the walk:
 * what is in flight or pending is found by looking into every log, queue, wire, gate and state, never by subtraction.
 */
import type { JoinState } from "../../task/exact/join-state.js";
import type { ServiceTimes } from "../../task/exact/service.js";
import type { PlaneContext } from "../data-plane.js";
import type { Arrivals } from "./arrivals.js";
import { type Channels, VIEW } from "./channels.js";
import type { Hop, HopCounters, Violations } from "./checks.js";
import type { Ledger } from "./ledger.js";
import type { OutputMeter } from "./output-meter.js";
import { type Buffers, type RecordNodes, STAGE } from "./pools.js";
import type { Routes } from "./routes.js";
import { FATE, SEEN } from "./source-log.js";
import { MISSED, TUPLE } from "./tuples.js";
import type { World } from "./world.js";

export interface LedgerTotals {
  readonly produced: number;
  readonly inFlight: number;
  readonly pending: number;
}

export class Tally {
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly ledger: Ledger;
  private readonly service: ServiceTimes;
  private readonly states: readonly (JoinState | null)[];
  private readonly channels: Channels;
  private readonly nodes: RecordNodes;
  private readonly buffers: Buffers;
  private readonly hops: HopCounters;
  private readonly meter: OutputMeter;
  private readonly violations: Violations;
  private readonly broadcasts: Uint8Array;
  private inFlight = 0;

  constructor(world: World, states: readonly (JoinState | null)[]) {
    const { routes } = world;
    this.context = world.context;
    this.routes = world.routes;
    this.arrivals = world.arrivals;
    this.ledger = world.ledger;
    this.service = world.service;
    this.states = states;
    this.channels = world.channels;
    this.nodes = world.nodes;
    this.buffers = world.buffers;
    this.hops = world.hops;
    this.meter = world.meter;
    this.violations = world.violations;
    this.broadcasts = Uint8Array.from(routes.joins, (join) =>
      join.paths.some((path) => path.some((edge) => edge.partitioning === "broadcast")) ? 1 : 0,
    );
  }

  /** Counts and drops records that nobody reads again, of which nothing is under way or in a state. */
  retire(): void {
    for (let s = 0; s < this.arrivals.logs.length; s++) {
      const log = this.arrivals.logs[s]!;
      const limit = Math.min(log.committed, log.position - log.inHand);
      while (log.tail < limit) {
        const row = log.tail & log.mask;
        if (log.held[row]! > 0) break;
        let live = 0;
        for (let k = 0; k < log.width; k++) live += log.live[row * log.width + k]!;
        if (live > 0) break;
        this.countRecord(s, log.tail);
        this.retireTuple(s, log.tuple[row]!);
        log.tail++;
      }
    }
  }

  private retireTuple(s: number, tuple: number): void {
    if (tuple < 0) return;
    const join = this.arrivals.joinOf(s);
    const table = this.arrivals.tuples[join]!;
    table.retired[tuple & table.mask]!++;
    while (table.tail < table.end && table.retired[table.tail & table.mask] === table.inputs) {
      if (table.travelling[table.tail & table.mask]! > 0) return;
      this.countTuple(join, table.tail, Number.POSITIVE_INFINITY);
      table.tail++;
    }
  }

  /** A record that leaves the job without a join is a match of its own. Returns 1 if it is pending. */
  private countRecord(s: number, offset: number): number {
    const log = this.arrivals.logs[s]!;
    if (offset < log.zero) return 0;
    let pending = 0;
    for (let stream = this.routes.streamBase[s]!; stream < this.routes.streamBase[s + 1]!; stream++) {
      if (this.routes.streamJoin[stream]! >= 0) continue;
      if (!this.service.passes(this.routes.streamOperators[stream]!, stream, offset)) continue;
      this.ledger.matchesExpected++;
      const fate = log.fate[this.ledger.at(stream, offset)]!;
      if ((fate & FATE.mask) >= FATE.lost) this.ledger.matchesMissed[MISSED.inputLost - TUPLE.missed]!++;
      else if ((fate & FATE.mask) === FATE.undecided && (fate & SEEN) !== 0) pending++;
    }
    return pending;
  }

  /** Returns 1 if the match is pending. */
  private countTuple(join: number, id: number, endNs: number): number {
    const table = this.arrivals.tuples[join]!;
    const row = id & table.mask;
    const status = table.status[row]!;
    const last = table.lastEventNs[row]!;
    if (status === TUPLE.void || table.appended[row]! < table.inputs || last < 0 || last >= endNs) return 0;
    if (!this.service.passes(this.routes.joins[join]!.operators, this.routes.streams + join, id)) return 0;
    this.ledger.matchesExpected++;
    if (status === TUPLE.open && table.seen[row] === 0 && this.broadcasts[join] === 1) {
      // The copy that the partner needed was lost while others of the same record were delivered.
      this.ledger.matchesMissed[MISSED.inputLost - TUPLE.missed]!++;
      return 0;
    }
    if (status >= TUPLE.missed && status < TUPLE.void) this.ledger.matchesMissed[status - TUPLE.missed]!++;
    else if (status !== TUPLE.emitted && table.seen[row] === 1) return 1;
    return 0;
  }

  /** Walks everything, checks both ledgers and every hop. */
  walk(endNs: number): LedgerTotals {
    const found: Record<Hop, number> = { log: 0, subpartition: 0, wire: 0, gate: 0, state: 0 };
    let produced = 0;
    for (let s = 0; s < this.arrivals.logs.length; s++) {
      const log = this.arrivals.logs[s]!;
      const end = log.firstAt(endNs);
      produced += (end - log.zero) * log.width;
      this.hops.in.log += end - log.zero;
      found.log += end - log.position + log.inHand;
      for (let offset = log.position - log.inHand; offset < end; offset++) {
        for (let stream = this.routes.streamBase[s]!; stream < this.routes.streamBase[s + 1]!; stream++)
          this.see(stream, offset);
      }
    }
    const { channels, nodes, buffers } = this;
    for (let ch = 0; ch < channels.count; ch++) {
      for (let node = channels.recordHead[ch]!; node >= 0; node = nodes.next[node]!)
        found.subpartition += this.seeNode(node);
      if (channels.orphan[ch]! >= 0) found.subpartition += this.seeNode(channels.orphan[ch]!);
    }
    for (let b = 0; b < buffers.used; b++) {
      const stage = buffers.stage[b]!;
      if (stage === STAGE.free || stage === STAGE.dropped) continue;
      const hop: Hop = stage === STAGE.serverLoop || stage === STAGE.wire ? "wire" : "gate";
      let node = buffers.head[b]!;
      for (let i = 0; i < buffers.count[b]!; i++) {
        found[hop] += this.seeNode(node);
        node = nodes.next[node]!;
      }
    }
    for (const state of this.states) {
      if (state === null) continue;
      for (let i = state.head; i < state.end; i++) {
        found.state++;
        this.seeTuple(state.stream[i & state.mask]!, state.offset[i & state.mask]!);
      }
    }
    this.hops.check(found, this.violations);
    return this.balance(produced, endNs);
  }

  private balance(produced: number, endNs: number): LedgerTotals {
    const { ledger, meter, violations } = this;
    let pending = 0;
    for (let s = 0; s < this.arrivals.logs.length; s++) {
      const log = this.arrivals.logs[s]!;
      const end = log.firstAt(endNs);
      for (let offset = log.tail; offset < end; offset++) pending += this.countRecord(s, offset);
    }
    for (let j = 0; j < this.arrivals.tuples.length; j++) {
      const table = this.arrivals.tuples[j]!;
      for (let id = table.tail; id < table.end; id++) pending += this.countTuple(j, id, endNs);
    }
    const lost = ledger.lost.reduce((sum, value) => sum + value, 0);
    if (produced !== ledger.delivered + lost + this.inFlight) {
      violations.add(
        "record-ledger",
        `${produced} produced ≠ ${ledger.delivered} delivered + ${lost} lost + ${this.inFlight} in flight`,
      );
    }
    const missed = ledger.matchesMissed.reduce((sum, value) => sum + value, 0);
    if (ledger.matchesExpected !== meter.emitted + missed + pending) {
      violations.add(
        "match-ledger",
        `${ledger.matchesExpected} expected ≠ ${meter.emitted} emitted + ${missed} missed + ${pending} pending`,
      );
    }
    return { produced, inFlight: this.inFlight, pending };
  }

  private seeNode(node: number): number {
    this.see(this.nodes.stream[node]!, this.nodes.offset[node]!);
    return 1;
  }

  private see(stream: number, offset: number): void {
    this.seeTuple(stream, offset);
    if (stream >= this.routes.streams) return;
    const log = this.ledger.log(stream);
    const at = this.ledger.at(stream, offset);
    if ((log.fate[at]! & SEEN) !== 0) return;
    log.fate[at] = log.fate[at]! | SEEN;
    if ((log.fate[at]! & FATE.mask) === FATE.undecided && offset >= log.zero) this.inFlight++;
  }

  private seeTuple(stream: number, offset: number): void {
    if (stream >= this.routes.streams) {
      const table = this.arrivals.tuples[stream - this.routes.streams]!;
      table.seen[offset & table.mask] = 1;
      return;
    }
    const join = this.routes.streamJoin[stream]!;
    if (join < 0) return;
    const log = this.ledger.log(stream);
    const tuple = log.tuple[offset & log.mask]!;
    if (tuple < 0) return;
    const table = this.arrivals.tuples[join]!;
    table.seen[tuple & table.mask] = 1;
  }

  /** Pools and credits, where nothing is torn down: what was lent is somewhere. */
  checkMemory(segmentsHeld: (channel: number) => number, poolProblems: readonly string[]): void {
    for (const problem of poolProblems) this.violations.add("buffers-returned", problem);
    const c = this.channels;
    const exclusive = this.context.config.engine.exclusiveBuffersPerChannel;
    for (let ch = 0; ch < c.count; ch++) {
      if (c.view[ch] !== VIEW.none && segmentsHeld(ch) !== c.segments[ch]) {
        this.violations.add(
          "buffers-returned",
          `channel ${ch} is charged for ${c.segments[ch]} segments, but ${segmentsHeld(ch)} are there`,
        );
      }
      if (c.connection[ch]! < 0 || c.view[ch] !== VIEW.open || c.accepts[ch] !== c.viewNumber[ch]) continue;
      const senders = c.credit[ch]! + c.unannounced[ch]! + c.polledOnWire[ch]!;
      const receivers = c.exclusiveFree[ch]! + c.floatingFree[ch]!;
      if (senders !== receivers || c.exclusiveFree[ch]! + c.exclusiveInUse[ch]! !== exclusive || c.credit[ch]! < 0) {
        this.violations.add(
          "credits-conserved",
          `channel ${ch}: ${senders} with the sender or on the way, ${receivers} free at the receiver`,
        );
      }
    }
  }
}
