/**
 * Netty event loops of every TaskManager, as FIFO servers known by when they are next free. A connection is pinned to
 * one loop at each end (`plane-common/pinning.ts`); data and control messages share it.
 */
import { sampleNs } from "../../../kernel/distributions.js";
import type { RandomFamily } from "../../../kernel/random.js";
import { longer } from "../../columns.js";
import type { PlaneContext } from "../data-plane.js";
import { loopCount, loopOf } from "../plane-common/pinning.js";

const LOOPS_PER_TASK_MANAGER = 64;

export type Side = "server" | "client";

export class EventLoops {
  private readonly context: PlaneContext;
  private readonly counts: Readonly<Record<Side, number>>;
  private readonly draws: RandomFamily;
  private readonly constantMessageNs: number;
  private readonly nsPerByte: number;
  /** By TaskManager × 64 + loop, the client's loops above the server's by one. */
  private freeNs = new Float64Array(2048);
  /** End of the last control message that was announced ahead of its time. */
  private controlFreeNs = new Float64Array(2048);
  /** Messages served so far: address of the next cost draw. */
  private served = new Float64Array(2048);
  /** 1 normal, 0 hung. */
  private speed = new Float64Array(2048).fill(1);
  /** What waits for a hung loop, in order. */
  private readonly waiting = new Map<number, (() => void)[]>();

  constructor(context: PlaneContext) {
    const { config, streams } = context;
    this.context = context;
    this.counts = {
      server: loopCount(config.engine.nettyServerThreads, config.cluster.slotsPerTaskManager),
      client: loopCount(config.engine.nettyClientThreads, config.cluster.slotsPerTaskManager),
    };
    this.draws = streams.family("netty-message");
    const { nettyMessage, nettyPerByteNs } = config.costs;
    this.constantMessageNs = nettyMessage.kind === "constant" ? Math.round(nettyMessage.valueNs) : -1;
    this.nsPerByte = nettyPerByteNs;
  }

  /** Index of the loop that serves the connection of `taskManager` with `peer`. */
  loop(side: Side, taskManager: number, peer: number, edge: number): number {
    const { connectionPerEdge } = this.context.config.engine;
    const own = loopOf(taskManager, peer, edge, this.counts[side], connectionPerEdge);
    const loop = (taskManager * LOOPS_PER_TASK_MANAGER + own) * 2 + (side === "client" ? 1 : 0);
    if (loop >= this.freeNs.length) this.grow(loop);
    return loop;
  }

  /** Kernel entity of a loop; those of tasks come before. */
  entity(loop: number): number {
    return this.context.entityBase + this.context.topology.tasks + loop;
  }

  /** A data message of so many bytes joins the loop now; returns when it is served. */
  serve(loop: number, bytes: number): number {
    const own =
      this.constantMessageNs >= 0
        ? this.constantMessageNs
        : sampleNs(this.context.config.costs.nettyMessage, this.draws.uniform53(loop, this.served[loop]!++));
    const cost = (own + Math.round(bytes * this.nsPerByte)) / this.speed[loop]!;
    const done = Math.max(this.freeNs[loop]!, this.context.sim.nowNs) + Math.ceil(cost);
    this.freeNs[loop] = done;
    return done;
  }

  /**
   * A control message that is ready at `readyNs` or later. It queues behind control messages announced before it, but
   * must not keep data that comes before it waiting: of that it takes its share of the loop only. Infinity: the loop
   * hangs.
   */
  serveControl(loop: number, readyNs: number, costNs: number): number {
    if (this.speed[loop] === 0) return Number.POSITIVE_INFINITY;
    const cost = Math.ceil(costNs / this.speed[loop]!);
    const start = Math.max(this.freeNs[loop]!, this.context.sim.nowNs);
    this.freeNs[loop] = start + cost;
    const done = Math.max(start, Math.ceil(readyNs), this.controlFreeNs[loop]!) + cost;
    this.controlFreeNs[loop] = done;
    return done;
  }

  hung(loop: number): boolean {
    return this.speed[loop] === 0;
  }

  /** Calls back when the hung loop goes on, in the order of the calls. */
  wait(loop: number, then: () => void): void {
    const list = this.waiting.get(loop);
    if (list) list.push(then);
    else this.waiting.set(loop, [then]);
  }

  /** Sets the speed of one loop of a TaskManager; returns its index. */
  setSpeed(side: Side, taskManager: number, own: number, speed: number): number {
    const loop = (taskManager * LOOPS_PER_TASK_MANAGER + own) * 2 + (side === "client" ? 1 : 0);
    if (loop >= this.freeNs.length) this.grow(loop);
    this.speed[loop] = speed;
    if (speed === 0) return loop;
    const list = this.waiting.get(loop) ?? [];
    this.waiting.delete(loop);
    for (const then of list) then();
    return loop;
  }

  private grow(loop: number): void {
    const before = this.freeNs.length;
    let capacity = before;
    while (capacity <= loop) capacity *= 2;
    this.freeNs = longer(this.freeNs, capacity);
    this.controlFreeNs = longer(this.controlFreeNs, capacity);
    this.served = longer(this.served, capacity);
    this.speed = longer(this.speed, capacity);
    this.speed.fill(1, before);
  }
}
