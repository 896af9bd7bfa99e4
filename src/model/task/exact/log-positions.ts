/**
 * Where every source subtask stands in its log: the next record to read, the committed offset, and where a new attempt
 * starts. Commits are timers of the attempt. Serves no record.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../../network/data-plane.js";
import type { Arrivals } from "../../network/exact/arrivals.js";
import type { HopCounters } from "../../network/exact/checks.js";
import { CAUSE, type Ledger } from "../../network/exact/ledger.js";
import type { Routes } from "../../network/exact/routes.js";
import type { World } from "../../network/exact/world.js";
import { commitPhaseNs } from "../../network/plane-common/pinning.js";

export class LogPositions {
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly attempts: Int32Array;
  private readonly inService: (source: number) => number;
  private readonly commitNs: number;
  private readonly kindCommit: number;

  /**
   * @param attempts newest attempt per task
   * @param inService records at the log's position that have been taken and are being served; −1: the attempt is gone
   */
  constructor(world: World, attempts: Int32Array, inService: (source: number) => number) {
    const { context } = world;
    this.context = context;
    this.routes = world.routes;
    this.arrivals = world.arrivals;
    this.ledger = world.ledger;
    this.hops = world.hops;
    this.attempts = attempts;
    this.inService = inService;
    this.commitNs = Math.round(context.config.costs.offsetCommitIntervalNs);
    this.kindCommit = context.sim.defineKind("offsets committed", PRIORITY.timer + 8, (_, s, attempt) =>
      this.commit(s, attempt),
    );
  }

  /** At t=0: all records before are read; the last commit was up to an interval ago. Returns ns until the next one. */
  startRunning(s: number): number {
    const log = this.arrivals.logs[s]!;
    const phase =
      this.commitNs > 0 ? commitPhaseNs(this.context.streams, this.routes.sourceTasks[s]!, this.commitNs) : 0;
    log.position = log.zero;
    log.committed = this.commitNs > 0 ? Math.max(log.tail, log.firstAt(phase - this.commitNs)) : log.zero;
    return phase;
  }

  /** A new attempt reads on from the committed offset, or from the log's end. Returns ns until its first commit. */
  resume(s: number, attempt: number): number {
    const task = this.routes.sourceTasks[s]!;
    const { sim, streams, config, topology } = this.context;
    const log = this.arrivals.logs[s]!;
    if (config.vertices[topology.taskVertex[task]!]!.resume === "committed") {
      const from = Math.min(log.committed, log.position);
      this.ledger.readAgain(s, from, log.position);
      this.hops.out.log -= log.position - from;
      log.position = from;
    } else {
      const to = Math.max(log.position, log.firstAt(sim.nowNs));
      const from = log.position;
      log.position = to;
      this.ledger.skip(s, from, to);
      this.hops.out.log += to - from;
      log.committed = to;
    }
    return Math.floor(streams.family("commit-phase").uniform53(task, attempt) * this.commitNs);
  }

  /** The attempt that runs now commits for the first time in so many ns. */
  commitIn(s: number, ns: number): void {
    if (this.commitNs === 0) return;
    const { sim } = this.context;
    const task = this.routes.sourceTasks[s]!;
    sim.schedule(sim.nowNs + ns, this.kindCommit, this.context.entityBase + task, s, this.attempts[task]!);
  }

  private commit(s: number, attempt: number): void {
    if (attempt !== this.attempts[this.routes.sourceTasks[s]!]) return;
    const inService = this.inService(s);
    if (inService < 0) return;
    const log = this.arrivals.logs[s]!;
    log.committed = log.position + inService;
    this.commitIn(s, this.commitNs);
  }

  /** The attempt ends: the record that it serves, if any, and the one that waits inside emit are lost with it. */
  loseInHand(s: number): void {
    const log = this.arrivals.logs[s]!;
    const taken = this.inService(s);
    log.position += taken;
    if (taken + log.inHand === 0) return;
    for (let stream = this.routes.streamBase[s]!; stream < this.routes.streamBase[s + 1]!; stream++)
      this.ledger.loseUnsent(stream, log.position - 1, CAUSE.unflushedOutput);
    this.hops.out.log++;
    log.inHand = 0;
  }

  /** Records of this log that are produced and not read, by `nowNs`. */
  unread(s: number, nowNs: number): number {
    const log = this.arrivals.logs[s]!;
    let seen = Math.max(log.producedSeen, log.tail);
    while (seen < log.end && log.eventNs[seen & log.mask]! < nowNs) seen++;
    log.producedSeen = seen;
    return Math.max(0, seen - log.position);
  }
}
