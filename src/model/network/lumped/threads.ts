/**
 * The FIFO servers of a TaskManager that data and control messages share: Netty server and client loops, the
 * machine's link. Each is a time from which it is free; connections are pinned to one loop. A quantum is charged for
 * the real messages and bytes that it stands for.
 */
import { meanNs } from "../../../kernel/distributions.js";
import { loopOf } from "../plane-common/pinning.js";
import type { SourceGroup } from "./layout.js";
import type { LumpedState } from "./state.js";

/** Numbers of records for which the loop time is looked up. */
export const COST_TABLE = 4096;

export class Threads {
  private readonly state: LumpedState;
  readonly perEdge: boolean;
  /** Loops − 1 where they are 2^n; else −1. */
  readonly serverMask: number;
  readonly clientMask: number;
  /** Loop time by group × COST_TABLE + records. */
  readonly table: Float64Array;

  constructor(state: LumpedState) {
    this.state = state;
    this.perEdge = state.layout.config.engine.connectionPerEdge;
    const mask = (loops: number): number => ((loops & (loops - 1)) === 0 ? loops - 1 : -1);
    this.serverMask = mask(state.loops);
    this.clientMask = mask(state.clientLoops);
    this.table = new Float64Array(state.layout.groups.length * COST_TABLE);
    for (const group of state.layout.groups)
      for (let n = 0; n < COST_TABLE; n++) this.table[group.index * COST_TABLE + n] = this.exactCostNs(group, n);
  }

  /** Loop time of `n` records of one source in one interval, all channels together, in ns. */
  costNs(group: number, n: number): number {
    return n < COST_TABLE ? this.table[group * COST_TABLE + n]! : this.exactCostNs(this.state.layout.groups[group]!, n);
  }

  /** Each flush of a channel that has something is a message; a channel that fills segments faster sends those too. */
  private exactCostNs(group: SourceGroup, n: number): number {
    const { config, resolutionNs } = this.state.layout;
    const channels = group.edge.allToAll
      ? group.edge.consumers
      : Math.max(1, Math.ceil(group.edge.consumers / group.edge.producers));
    const flushes = Math.max(1, resolutionNs / config.engine.bufferTimeoutNs);
    const perFlush = n / flushes;
    const nonEmpty = channels * (1 - (1 - 1 / channels) ** perFlush);
    const bytes = n * group.wireBytes;
    const buffers = flushes * nonEmpty + Math.max(0, bytes / config.engine.segmentBytes - flushes * channels * 0.5);
    return buffers * meanNs(config.costs.nettyMessage) + bytes * config.costs.nettyPerByteNs;
  }

  /** Index of the event loop to which the connection is pinned (`loopOf`, without its division where loops are 2^n). */
  serverLoop(taskManager: number, peer: number, edge: number): number {
    const { loops } = this.state;
    if (this.serverMask >= 0)
      return (
        taskManager * loops +
        (((Math.imul(taskManager + 1, 0x9e3779b1) >>> 16) + peer + (this.perEdge ? edge : 0)) & this.serverMask)
      );
    return taskManager * loops + loopOf(taskManager, peer, edge, loops, this.perEdge);
  }
  clientLoop(taskManager: number, peer: number, edge: number): number {
    const { clientLoops } = this.state;
    if (this.clientMask >= 0)
      return (
        taskManager * clientLoops +
        (((Math.imul(taskManager + 1, 0x9e3779b1) >>> 16) + peer + (this.perEdge ? edge : 0)) & this.clientMask)
      );
    return taskManager * clientLoops + loopOf(taskManager, peer, edge, clientLoops, this.perEdge);
  }

  serveOnServer(
    taskManager: number,
    peer: number,
    edge: number,
    nowNs: number,
    readyNs: number,
    costNs: number,
  ): number {
    return serve(this.state.serverFreeNs, this.serverLoop(taskManager, peer, edge), nowNs, readyNs, costNs);
  }
  serveOnClient(
    taskManager: number,
    peer: number,
    edge: number,
    nowNs: number,
    readyNs: number,
    costNs: number,
  ): number {
    return serve(this.state.clientFreeNs, this.clientLoop(taskManager, peer, edge), nowNs, readyNs, costNs);
  }
}

/** A message announced for later takes its time from the loop, but does not keep it idle until it comes. */
function serve(free: Float64Array, loop: number, nowNs: number, readyNs: number, costNs: number): number {
  const done = Math.max(free[loop]!, nowNs) + costNs;
  free[loop] = done;
  return Math.max(done, readyNs + costNs);
}
