/**
 * The channel protocol when tasks are lost: who notices, on which thread, and the two state machines of `model.md`
 * §4.2 (U1–U5 at the sender, D1–D4 and the CachedChannelProvider at the receiver). Connecting is `connector.ts`; what
 * is in the queues is the data plane's.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { TASK_STATE } from "../task-table.js";
import { consumersOf, producersOf } from "../topology/topology.js";
import { CHANNEL, CHANNEL_NAMES, ChannelRows, SUBPARTITION, SUBPARTITION_NAMES } from "./channel-rows.js";
import { Connector } from "./connector.js";
import type { AttemptEnd, DataPlane, PlaneListener } from "./data-plane.js";
import { NetworkSteps } from "./steps.js";

export interface NetworkListener {
  /** The task thread throws because of a lost peer, or because its fallback timer fired. */
  failTask(task: number, step: number, because: "peer" | "timer" | "partition-not-found"): void;
}

interface Loss {
  readonly tasks: readonly number[];
  readonly attempts: readonly number[];
  readonly tm: number;
}

const CONSUMER_ROLE = 1;

export class Network implements PlaneListener {
  readonly rows: ChannelRows;
  readonly connector: Connector;
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly observer: RecoveryObserver;
  private readonly listener: NetworkListener;
  /** Newest attempt of each producer that has reported RUNNING to the JobManager. */
  private readonly announced: Int32Array;
  private plane!: DataPlane;
  private readonly losses: Loss[] = [];
  private readonly peerLost: number;
  private readonly peerLostServed: number;
  private readonly timerFires: number;
  private readonly steps: NetworkSteps;
  private readonly stepClose: number;
  private readonly stepTimer: number;
  /** How often each (state, event) cell of the two tables was used, for coverage. */
  readonly coverage = new Map<string, number>();

  constructor(context: ControlContext, policy: DataPlanePolicy, observer: RecoveryObserver, announced: Int32Array, listener: NetworkListener) {
    this.context = context;
    this.policy = policy;
    this.observer = observer;
    this.announced = announced;
    this.listener = listener;
    this.rows = new ChannelRows(context.topology);
    this.steps = new NetworkSteps(context);
    const { sim, log } = context;
    this.stepClose = log.kindId("connection-closed");
    this.stepTimer = log.kindId("fallback-timer");
    this.connector = new Connector(context, this.rows, this.steps, observer, {
      registered: (row, step) => this.onViewRegistered(row, step),
      producerGone: (row) => this.onConnectFailed(row),
      gaveUp: (consumer, step) => listener.failTask(consumer, step, "partition-not-found"),
    });
    this.peerLost = sim.defineKind("peer-lost", PRIORITY.delivery, (entity, loss, edgeAndRole, step) => this.onPeerLost(entity, loss, edgeAndRole, step));
    this.peerLostServed = sim.defineKind("peer-lost-served", PRIORITY.completion, (entity, loss, edgeAndRole, step) => this.onPeerLostServed(entity, loss, edgeAndRole, step));
    this.timerFires = sim.defineKind("fallback-timer", PRIORITY.timer, (_e, row, cached, step) => this.onTimer(row, cached, step));
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
    this.connector.attach(plane);
  }

  private cover(machine: string, state: string, event: string): void {
    const key = `${machine}: ${state} × ${event}`;
    this.coverage.set(key, (this.coverage.get(key) ?? 0) + 1);
  }

  // --- tasks that end ---
  /**
   * The newest attempts of these tasks, all on `tm`, end now. `silent`: with their machine, and no peer notices.
   * Cancelled tasks restart with their whole vertex, so their channels are dealt with in bulk.
   */
  tasksEnded(tasks: readonly number[], tm: number, how: AttemptEnd, step: number): void {
    const bulk = how === "canceled" || this.policy.receiver === "fail";
    const { tasks: table } = this.context;
    for (const task of tasks) {
      if (bulk) this.connector.closeAll(task, step);
      else {
        this.rows.touch(task, table.attempt);
        this.plane.touch(task);
      }
    }
    for (const task of tasks) {
      if (bulk) {
        if (this.context.topology.inEdges[this.context.topology.taskVertex[task]!]!.length > 0) this.plane.closeAllViews(task);
      } else this.rowsDown(task, step);
      this.plane.attemptEnded(task, how);
    }
    if (how === "canceled" || how === "silent") return;
    this.losses.push({ tasks: [...tasks], attempts: tasks.map((task) => table.attempt[task]!), tm });
    this.notifyPeers(this.losses.length - 1, how === "killed", step);
  }

  private rowsDown(task: number, step: number): void {
    let down = 0;
    const { rows } = this;
    for (const list of [rows.rowsOfConsumer(task), rows.rowsOfProducer(task)]) {
      for (const row of list) {
        if (rows.registered[row] === 1) {
          rows.registered[row] = 0;
          down++;
        }
      }
    }
    if (down > 0) this.observer.changeChannelsDown(down, step);
    this.connector.forget(task);
  }

  /** One message per peer TaskManager, edge and side: the closed connection, or the close of the failed task's channels. */
  private notifyPeers(loss: number, processDied: boolean, step: number): void {
    const { topology, cluster, sim, entities } = this.context;
    const { tasks, tm } = this.losses[loss]!;
    for (const edge of topology.edges) {
      for (const role of [0, CONSUMER_ROLE]) {
        const lostVertex = role === CONSUMER_ROLE ? edge.from : edge.to;
        if (!tasks.some((task) => topology.taskVertex[task] === lostVertex)) continue;
        if (role !== CONSUMER_ROLE && this.policy.receiver === "fail") continue;
        for (const peer of this.peersOf(edge.index, role, tasks)) {
          if (!cluster.alive(peer) || (peer === tm && processDied)) continue;
          const { arrivesNs, step: wire } = peer === tm ? { arrivesNs: sim.nowNs, step } : this.steps.wire(PHASE.detect, peer, sim.nowNs, step);
          sim.schedule(arrivesNs, this.peerLost, entities.taskManager(peer), loss, edge.index * 2 + role, wire);
        }
      }
    }
  }

  /** TaskManagers that host the other end of a channel of these tasks, in order. */
  private peersOf(edgeIndex: number, role: number, tasks: readonly number[]): number[] {
    const { topology, tasks: table, cluster } = this.context;
    const edge = topology.edges[edgeIndex]!;
    const vertex = role === CONSUMER_ROLE ? edge.to : edge.from;
    const base = topology.taskBase[vertex]!;
    const seen = new Uint8Array(cluster.taskManagers);
    if (edge.allToAll) {
      const parallelism = role === CONSUMER_ROLE ? edge.consumers : edge.producers;
      for (let i = 0; i < parallelism; i++) if (table.state[base + i] !== TASK_STATE.down) seen[table.taskManager[base + i]!] = 1;
    } else {
      for (const task of tasks) {
        if (topology.taskVertex[task] !== (role === CONSUMER_ROLE ? edge.from : edge.to)) continue;
        const { first, count } = role === CONSUMER_ROLE ? consumersOf(edge, topology.taskSubtask[task]!) : producersOf(edge, topology.taskSubtask[task]!);
        for (let i = first; i < first + count; i++) if (table.state[base + i] !== TASK_STATE.down) seen[table.taskManager[base + i]!] = 1;
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
    const edge = edgeAndRole >> 1;
    const nowNs = context.sim.nowNs;
    const cost = context.draws.draw("nettyMessage", tm, edgeAndRole);
    const client = (edgeAndRole & 1) === CONSUMER_ROLE;
    const doneNs = client ? this.plane.serveOnClientLoop(tm, loss.tm, edge, nowNs, cost) : this.plane.serveOnServerLoop(tm, loss.tm, edge, nowNs, cost);
    const thread = threadId(client ? THREAD.nettyClient : THREAD.nettyServer, tm * 64);
    const step = this.steps.service(this.stepClose, PHASE.detect, thread, tm, nowNs, doneNs, cause, "nettyMessage", cost);
    const visibleNs = client ? 0 : context.draws.draw("flagVisibility", tm, edgeAndRole);
    context.sim.schedule(doneNs + visibleNs, this.peerLostServed, entity, lossId, edgeAndRole, step);
  }

  /** U1 at the sender, D1 (or the vanilla failure) at the receiver. */
  private onPeerLostServed(entity: number, lossId: number, edgeAndRole: number, step: number): void {
    const { context } = this;
    const tm = entity - context.entities.taskManager(0);
    const { topology, tasks } = context;
    const loss = this.losses[lossId]!;
    const edge = topology.edges[edgeAndRole >> 1]!;
    const client = (edgeAndRole & 1) === CONSUMER_ROLE;
    const vertex = client ? edge.to : edge.from;
    for (const task of [...context.cluster.tasksOn[tm]!]) {
      if (topology.taskVertex[task] !== vertex || tasks.state[task] !== TASK_STATE.running) continue;
      for (let i = 0; i < loss.tasks.length; i++) {
        const lost = loss.tasks[i]!;
        if (topology.taskVertex[lost] !== (client ? edge.from : edge.to)) continue;
        if (this.policy.receiver === "fail") {
          if (client && this.reads(edge.index, task, lost)) {
            this.listener.failTask(task, step, "peer");
            break;
          }
          continue;
        }
        const row = client ? this.rows.find(edge.index, lost, task) : this.rows.find(edge.index, task, lost);
        if (row < 0) continue;
        if (client) this.onError(row, loss.attempts[i]!);
        else this.onConsumerClosed(row, loss.attempts[i]!);
      }
    }
  }

  private reads(edgeIndex: number, consumer: number, producer: number): boolean {
    const { topology } = this.context;
    const edge = topology.edges[edgeIndex]!;
    const { first, count } = producersOf(edge, topology.taskSubtask[consumer]!);
    const p = topology.taskSubtask[producer]!;
    return p >= first && p < first + count;
  }

  // --- sender: subpartition ---
  private onConsumerClosed(row: number, consumerAttempt: number): void {
    const { rows } = this;
    const state = SUBPARTITION_NAMES[rows.subpartition[row]!]!;
    if (rows.viewAttempt[row] !== consumerAttempt) {
      this.cover("subpartition", state, "stale close");
      return;
    }
    this.cover("subpartition", state, "close of the current view");
    if (rows.subpartition[row] === SUBPARTITION.unavailable) return;
    rows.subpartition[row] = SUBPARTITION.unavailable;
    this.plane.closeView(rows.edge[row]!, rows.producer[row]!, rows.consumer[row]!, this.policy.sender);
  }

  private onViewRegistered(row: number, step: number): void {
    const { rows, context } = this;
    const consumer = rows.consumer[row]!;
    const producer = rows.producer[row]!;
    this.cover("subpartition", SUBPARTITION_NAMES[rows.subpartition[row]!]!, "PartitionRequest of a newer attempt");
    rows.subpartition[row] = SUBPARTITION.available;
    rows.viewAttempt[row] = context.tasks.attempt[consumer]!;
    rows.producerAttempt[row] = context.tasks.attempt[producer]!;
    this.cover("channel", CHANNEL_NAMES[rows.channel[row]!]!, "view registered");
    rows.channel[row] = CHANNEL.active;
    this.plane.registerView(rows.edge[row]!, producer, consumer);
    if (rows.registered[row] === 0) {
      rows.registered[row] = 1;
      this.observer.changeChannelsDown(-1, step);
    }
  }

  // --- receiver: input channel ---
  private onError(row: number, producerAttempt: number): void {
    const { rows } = this;
    const state = rows.channel[row]!;
    this.cover("channel", CHANNEL_NAMES[state]!, "onError");
    if (state === CHANNEL.active && rows.producerAttempt[row] === producerAttempt) {
      rows.channel[row] = CHANNEL.draining;
      this.appendUnavailable(row);
      // The attempt that was being asked died too; an older one's error comes too late to matter.
    } else if (state === CHANNEL.reconnecting && producerAttempt > rows.producerAttempt[row]!) rows.channel[row] = CHANNEL.empty;
  }

  private appendUnavailable(row: number): void {
    const { rows, context } = this;
    const consumer = rows.consumer[row]!;
    const probability = context.config.costs.stuckTaskProbability;
    const stuck = probability > 0 && context.draws.uniform("stuckTask", consumer, this.losses.length) < probability;
    this.plane.appendUnavailable(rows.edge[row]!, rows.producer[row]!, consumer, stuck);
  }

  private onConnectFailed(row: number): void {
    if (this.rows.channel[row] !== CHANNEL.reconnecting) return;
    this.cover("channel", "RECONNECTING", "onError");
    this.rows.channel[row] = CHANNEL.empty;
  }

  /** D2, D3: the task thread has met the UnavailableEvent. */
  unavailableConsumed(edge: number, producer: number, consumer: number): void {
    const { rows, context } = this;
    const row = rows.find(edge, producer, consumer);
    if (row < 0) return;
    const state = rows.channel[row]!;
    this.cover("channel", CHANNEL_NAMES[state]!, "UnavailableEvent consumed");
    if (state === CHANNEL.draining) rows.channel[row] = CHANNEL.empty;
    else if (state === CHANNEL.drainingCached) {
      context.sim.cancel(rows.timer[row]!);
      rows.timer[row] = -1;
      rows.cachedAttempt[row] = -1;
      rows.channel[row] = CHANNEL.reconnecting;
      this.connector.reconnect(rows.consumer[row]!, [row], this.updateStep.get(rows.consumer[row]!) ?? -1);
    }
  }
  private readonly updateStep = new Map<number, number>();

  /** D4: the JobManager's update RPC, with all changed channels of the consumer, reaches its TaskManager's RPC thread. */
  updateArrives(consumer: number, step: number): void {
    const { rows, context, announced } = this;
    if (context.tasks.state[consumer] !== TASK_STATE.running) return;
    this.updateStep.set(consumer, step);
    const ready: number[] = [];
    for (const row of rows.rowsOfConsumer(consumer)) {
      const newest = announced[rows.producer[row]!]!;
      const state = rows.channel[row]!;
      if (newest <= rows.producerAttempt[row]! || newest <= rows.cachedAttempt[row]!) continue;
      this.cover("channel", CHANNEL_NAMES[state]!, "update RPC");
      if (state === CHANNEL.empty) {
        rows.channel[row] = CHANNEL.reconnecting;
        ready.push(row);
      } else if (state === CHANNEL.reconnecting) ready.push(row);
      else {
        if (!context.config.strategy.cacheUpdate) {
          // Ablation: the early update is dropped, nothing will bring it again.
          if (state === CHANNEL.active) this.onError(row, rows.producerAttempt[row]!);
          continue;
        }
        if (state === CHANNEL.active) this.appendUnavailable(row);
        rows.channel[row] = CHANNEL.drainingCached;
        rows.cachedAttempt[row] = newest;
        const { fallbackTimerNs } = context.config.strategy;
        if (rows.timer[row] === -1 && fallbackTimerNs !== null) {
          rows.timer[row] = context.sim.schedule(context.sim.nowNs + fallbackTimerNs, this.timerFires, context.entities.task(consumer), row, newest, step);
        }
      }
    }
    if (ready.length > 0) this.connector.reconnect(consumer, ready, step);
  }

  private onTimer(row: number, _cached: number, cause: number): void {
    const { rows, context } = this;
    if (rows.timer[row] === -1) return;
    rows.timer[row] = -1;
    if (rows.channel[row] !== CHANNEL.drainingCached) return;
    this.cover("channel", "DRAINING_CACHED", "timer");
    const timerNs = context.config.strategy.fallbackTimerNs ?? 0;
    const nowNs = context.sim.nowNs;
    const step = this.steps.service(this.stepTimer, PHASE.timer, threadId(THREAD.timer, 0), rows.consumer[row]!, nowNs - timerNs, nowNs, cause, "fallbackTimer", timerNs);
    this.listener.failTask(rows.consumer[row]!, step, "timer");
  }

  /** The new attempt is RUNNING: it asks for its partitions, one TaskManager after the other. */
  taskRunning(task: number, step: number): void {
    for (const row of this.rows.rowsOfConsumer(task)) {
      this.rows.channel[row] = CHANNEL.reconnecting;
      if (this.rows.timer[row] !== -1) {
        this.context.sim.cancel(this.rows.timer[row]!);
        this.rows.timer[row] = -1;
      }
    }
    this.connector.startChain(task, step);
  }

}
