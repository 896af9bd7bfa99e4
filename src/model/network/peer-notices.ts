/**
 * Who is told that attempts are gone, and when: one message per peer TaskManager, edge and side, over the link and
 * through the peer's Netty loop (closed connection, or the close of a failed task's channels). What the peer does with
 * it is `protocol.ts`. Nobody is told of a silent loss.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { TASK_STATE } from "../task-table.js";
import { consumersOf, producersOf } from "../topology/topology.js";
import type { ChannelRows } from "./channel-rows.js";
import type { DataPlane } from "./data-plane.js";
import type { NetworkSteps } from "./steps.js";

export interface PeerNoticesListener {
  /** On the producer's server thread: the consumer's attempt is gone. */
  consumerClosed(row: number, consumerAttempt: number): void;
  /** On the consumer's client thread: the producer's attempt is gone. */
  producerLost(row: number, producerAttempt: number, step: number): void;
  /** Vanilla: the consumer's thread throws. */
  peerFailed(task: number, step: number): void;
  reportLost(task: number, attempt: number, step: number): void;
}

interface Loss {
  readonly tasks: readonly number[];
  readonly attempts: readonly number[];
  readonly tm: number;
  readonly atNs: number;
}

const CONSUMER_ROLE = 1;

export class PeerNotices {
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly steps: NetworkSteps;
  private readonly rows: ChannelRows;
  private readonly listener: PeerNoticesListener;
  private plane!: DataPlane;
  private readonly losses: Loss[] = [];
  private readonly stuck = new Map<number, (() => void)[]>();
  private readonly peerLost: number;
  private readonly peerLostServed: number;
  private readonly stepClose: number;

  constructor(
    context: ControlContext,
    policy: DataPlanePolicy,
    steps: NetworkSteps,
    rows: ChannelRows,
    listener: PeerNoticesListener,
  ) {
    this.context = context;
    this.policy = policy;
    this.steps = steps;
    this.rows = rows;
    this.listener = listener;
    const { sim, log } = context;
    this.stepClose = log.kindId("connection-closed");
    this.peerLost = sim.defineKind("peer-lost", PRIORITY.delivery, (entity, loss, edgeAndRole, step) =>
      this.onPeerLost(entity, loss, edgeAndRole, step),
    );
    this.peerLostServed = sim.defineKind("peer-lost-served", PRIORITY.completion, (entity, loss, edgeAndRole, step) =>
      this.onPeerLostServed(entity, loss, edgeAndRole, step),
    );
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  /** The newest attempts of these tasks are gone; `processDied`: and all else on their TaskManager. */
  lost(tasks: readonly number[], tm: number, processDied: boolean, step: number): void {
    const { attempt } = this.context.tasks;
    this.losses.push({
      tasks: [...tasks],
      attempts: tasks.map((task) => attempt[task]!),
      tm,
      atNs: this.context.sim.nowNs,
    });
    this.notifyPeers(this.losses.length - 1, processDied, step);
  }

  closed(gone: readonly { task: number; attempt: number }[], tm: number, processDied: boolean, step: number): void {
    this.losses.push({
      tasks: gone.map(({ task }) => task),
      attempts: gone.map(({ attempt }) => attempt),
      tm,
      atNs: this.context.sim.nowNs,
    });
    this.notifyPeers(this.losses.length - 1, processDied, step);
  }

  private notifyPeers(loss: number, processDied: boolean, step: number): void {
    const { topology, cluster, sim, entities, links, config } = this.context;
    const latencyNs = config.cluster.linkLatencyNs;
    const { tasks, tm } = this.losses[loss]!;
    for (const edge of topology.edges) {
      for (const role of [0, CONSUMER_ROLE]) {
        const lostVertex = role === CONSUMER_ROLE ? edge.from : edge.to;
        if (!tasks.some((task) => topology.taskVertex[task] === lostVertex)) continue;
        if (role !== CONSUMER_ROLE && this.policy.receiver === "fail") continue;
        for (const peer of this.peersOf(edge.index, role, tasks)) {
          if (!cluster.alive(peer) || (peer === tm && processDied)) continue;
          const edgeAndRole = edge.index * 2 + role;
          if (peer === tm) {
            sim.schedule(sim.nowNs, this.peerLost, entities.taskManager(peer), loss, edgeAndRole, step);
            continue;
          }
          // A cut holds the FIN up like any other segment.
          links.send(tm, peer, 0, (sentNs) =>
            sim.schedule(sentNs + latencyNs, this.peerLost, entities.taskManager(peer), loss, edgeAndRole, step),
          );
        }
      }
    }
  }

  /** TaskManagers that host the other end of a channel of these tasks, in order. */
  private peersOf(edgeIndex: number, role: number, tasks: readonly number[]): number[] {
    const { topology, tasks: table, cluster } = this.context;
    // Where consumers fail with their producers, one that does not run yet has no connection that could close.
    const least = this.policy.receiver === "fail" ? TASK_STATE.running : TASK_STATE.opening;
    const edge = topology.edges[edgeIndex]!;
    const vertex = role === CONSUMER_ROLE ? edge.to : edge.from;
    const base = topology.taskBase[vertex]!;
    const seen = new Uint8Array(cluster.taskManagers);
    if (edge.allToAll) {
      const parallelism = role === CONSUMER_ROLE ? edge.consumers : edge.producers;
      for (let i = 0; i < parallelism; i++) if (table.state[base + i]! >= least) seen[table.taskManager[base + i]!] = 1;
    } else {
      for (const task of tasks) {
        if (topology.taskVertex[task] !== (role === CONSUMER_ROLE ? edge.from : edge.to)) continue;
        const { first, count } =
          role === CONSUMER_ROLE
            ? consumersOf(edge, topology.taskSubtask[task]!)
            : producersOf(edge, topology.taskSubtask[task]!);
        for (let i = first; i < first + count; i++)
          if (table.state[base + i]! >= least) seen[table.taskManager[base + i]!] = 1;
      }
    }
    const peers: number[] = [];
    for (let peer = 0; peer < seen.length; peer++) if (seen[peer]) peers.push(peer);
    return peers;
  }

  private onPeerLost(entity: number, lossId: number, edgeAndRole: number, cause: number): void {
    const { context } = this;
    const tm = entity - context.entities.taskManager(0);
    if (!context.cluster.alive(tm)) return;
    const loss = this.losses[lossId]!;
    const sentNs = context.sim.nowNs - context.config.cluster.linkLatencyNs;
    // When a whole job fails at once, millions of notices find nobody left to tell: they take their time, and no trace.
    const matters = this.policy.receiver !== "fail" || this.anyConnected(tm, edgeAndRole >> 1, loss.atNs);
    if (!matters) {
      this.plane.serveOnClientLoop(
        tm,
        loss.tm,
        edgeAndRole >> 1,
        context.sim.nowNs,
        context.draws.draw("nettyMessage", tm, edgeAndRole),
      );
      return;
    }
    const step = loss.tm === tm ? cause : this.steps.wire(PHASE.detect, tm, sentNs, cause).step;
    this.serveNotice(entity, lossId, edgeAndRole, step);
  }

  /** Somebody on this TaskManager runs who may have been connected to what was lost then. */
  private anyConnected(tm: number, edge: number, atNs: number): boolean {
    const { topology, tasks, cluster } = this.context;
    const vertex = topology.edges[edge]!.to;
    for (const task of cluster.tasksOn[tm]!) {
      if (
        topology.taskVertex[task] === vertex &&
        tasks.state[task] === TASK_STATE.running &&
        tasks.runningNs[task]! <= atNs
      )
        return true;
    }
    return false;
  }

  private serveNotice(entity: number, lossId: number, edgeAndRole: number, cause: number): void {
    const { context } = this;
    const tm = entity - context.entities.taskManager(0);
    if (!context.cluster.alive(tm)) return;
    const loss = this.losses[lossId]!;
    const edge = edgeAndRole >> 1;
    const nowNs = context.sim.nowNs;
    const cost = context.draws.draw("nettyMessage", tm, edgeAndRole);
    const client = (edgeAndRole & 1) === CONSUMER_ROLE;
    const doneNs = client
      ? this.plane.serveOnClientLoop(tm, loss.tm, edge, nowNs, cost)
      : this.plane.serveOnServerLoop(tm, loss.tm, edge, nowNs, cost);
    if (doneNs === Number.POSITIVE_INFINITY) {
      this.whenLoopResumes(tm, () => this.serveNotice(entity, lossId, edgeAndRole, cause));
      return;
    }
    const thread = threadId(client ? THREAD.nettyClient : THREAD.nettyServer, tm * 64);
    const step = this.steps.service(
      this.stepClose,
      PHASE.detect,
      thread,
      tm,
      nowNs,
      doneNs,
      cause,
      "nettyMessage",
      cost,
    );
    context.sim.schedule(doneNs, this.peerLostServed, entity, lossId, edgeAndRole, step);
  }

  private onPeerLostServed(entity: number, lossId: number, edgeAndRole: number, step: number): void {
    const { context } = this;
    const tm = entity - context.entities.taskManager(0);
    const { topology, tasks } = context;
    const loss = this.losses[lossId]!;
    const edge = topology.edges[edgeAndRole >> 1]!;
    const client = (edgeAndRole & 1) === CONSUMER_ROLE;
    const vertex = client ? edge.to : edge.from;
    const lostVertex = client ? edge.from : edge.to;
    let reported = false;
    for (const task of [...context.cluster.tasksOn[tm]!]) {
      if (topology.taskVertex[task] !== vertex || tasks.state[task] !== TASK_STATE.running) continue;
      for (let i = 0; i < loss.tasks.length; i++) {
        const lost = loss.tasks[i]!;
        if (topology.taskVertex[lost] !== lostVertex) continue;
        if (this.policy.receiver === "fail") {
          // Only who was connected: neither a newer consumer nor the consumers of a newer producer.
          const connected = tasks.runningNs[task]! <= loss.atNs && tasks.attempt[lost] === loss.attempts[i];
          if (client && connected && this.reads(edge.index, task, lost)) {
            this.listener.peerFailed(task, step);
            break;
          }
          continue;
        }
        const row = client ? this.rows.find(edge.index, lost, task) : this.rows.find(edge.index, task, lost);
        if (row < 0 || this.rows.inBulk[row] === 1) continue;
        if (client) this.listener.producerLost(row, loss.attempts[i]!, step);
        else this.listener.consumerClosed(row, loss.attempts[i]!);
        reported = true;
      }
    }
    if (!reported || !context.config.strategy.peerReports) return;
    loss.tasks.forEach((lost, i) => {
      if (topology.taskVertex[lost] === lostVertex) this.listener.reportLost(lost, loss.attempts[i]!, step);
    });
  }

  private reads(edgeIndex: number, consumer: number, producer: number): boolean {
    const { topology } = this.context;
    const edge = topology.edges[edgeIndex]!;
    const { first, count } = producersOf(edge, topology.taskSubtask[consumer]!);
    const p = topology.taskSubtask[producer]!;
    return p >= first && p < first + count;
  }

  // --- event loops that hang ---
  whenLoopResumes(tm: number, retry: () => void): void {
    const list = this.stuck.get(tm);
    if (list) list.push(retry);
    else this.stuck.set(tm, [retry]);
  }
  loopResumed(tm: number): void {
    const list = this.stuck.get(tm) ?? [];
    this.stuck.delete(tm);
    for (const retry of list) retry();
  }
}
