/**
 * How a consumer gets its views: TCP connects and partition requests in series on its task thread, served at the
 * producers' Netty server loops, with PartitionNotFound and back-off for producers that are not RUNNING yet
 * (SingleInputGate.requestPartitions, PartitionRequestClientFactory). One batch per (consumer, producer TaskManager,
 * edge). Where a whole vertex restarts, batches leave nothing behind but counts.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { TASK_STATE } from "../task-table.js";
import { producersOf, type TopologyEdge } from "../topology/topology.js";
import { CHANNEL, type ChannelRows } from "./channel-rows.js";
import { Connections } from "./connections.js";
import type { DataPlane } from "./data-plane.js";
import type { NetworkSteps } from "./steps.js";

const TCP_CONNECT = costIndex("tcpConnect");
const PARTITION_REQUEST = costIndex("partitionRequest");
const BACKOFF = costIndex("backoff");

export interface ConnectorListener {
  registered(row: number, step: number): void;
  producerGone(row: number): void;
  /** PartitionNotFound until the back-off was used up. */
  gaveUp(consumer: number, step: number): void;
}

/** A partition request under way for channels that have rows, or a retry for some that have none. */
interface Batch {
  readonly consumer: number;
  readonly attempt: number;
  readonly edge: TopologyEdge;
  readonly producers: number[];
  readonly bulk: boolean;
  tries: number;
}

export class Connector {
  private readonly context: ControlContext;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly observer: RecoveryObserver;
  private readonly listener: ConnectorListener;
  private plane!: DataPlane;
  private readonly batches: Batch[] = [];
  private readonly chainNext: number;
  private readonly batchServed: number;
  private readonly retryDue: number;
  private readonly allRegistered: number;
  private readonly stepRequest: number;
  private readonly stepServe: number;
  private readonly stepBackoff: number;

  /** Consumers whose channels are dealt with in bulk: channels without a view, and those whose request is not out yet. */
  private readonly bulk: Uint8Array;
  private readonly viewsMissing: Int32Array;
  private readonly requestsMissing: Int32Array;
  /** The chain of requests of each consumer: what it has cost so far, and at the request that was served last. */
  private readonly chainStep: Int32Array;
  private readonly chainStartNs: Float64Array;
  private readonly chainConnectNs: Float64Array;
  private readonly chainRequestNs: Float64Array;
  private readonly lastDoneNs: Float64Array;
  private readonly lastStep: Int32Array;
  private readonly lastStartNs: Float64Array;
  private readonly lastLeaveNs: Float64Array;
  private readonly lastConnectNs: Float64Array;
  private readonly lastRequestNs: Float64Array;
  private readonly lastServeNs: Float64Array;
  private readonly lastThread: Int32Array;
  private readonly connections: Connections;
  private readonly unit: { connect: (entity: number, index: number) => number; request: (entity: number, index: number) => number; serve: (entity: number, index: number) => number };

  constructor(context: ControlContext, rows: ChannelRows, steps: NetworkSteps, observer: RecoveryObserver, listener: ConnectorListener) {
    this.context = context;
    this.rows = rows;
    this.steps = steps;
    this.observer = observer;
    this.listener = listener;
    const { sim, log, topology } = context;
    this.stepRequest = log.kindId("partition-requests");
    this.stepServe = log.kindId("partition-request-served");
    this.stepBackoff = log.kindId("partition-request-backoff");
    this.chainNext = sim.defineKind("partition-request-chain", PRIORITY.completion, (entity, edgeAt, producer, attempt) => this.onChain(entity - context.entities.task(0), edgeAt, producer, attempt));
    this.batchServed = sim.defineKind("partition-request-served", PRIORITY.completion, (_e, batch, _b, step) => this.onBatchServed(batch, step));
    this.retryDue = sim.defineKind("partition-request-retry", PRIORITY.timer, (_e, batch, _b, step) => this.onRetry(batch, step));
    this.allRegistered = sim.defineKind("all-views-registered", PRIORITY.completion, (_e, consumer, attempt) => this.onAllRegistered(consumer, attempt));
    this.connections = new Connections(context.cluster, topology.edges.length, context.config.engine.connectionPerEdge);
    this.unit = { connect: context.draws.drawer("tcpConnect"), request: context.draws.drawer("partitionRequest"), serve: context.draws.drawer("partitionRequestServe") };
    const n = topology.tasks;
    this.bulk = new Uint8Array(n);
    this.viewsMissing = new Int32Array(n);
    this.requestsMissing = new Int32Array(n);
    this.chainStep = new Int32Array(n);
    this.chainStartNs = new Float64Array(n);
    this.chainConnectNs = new Float64Array(n);
    this.chainRequestNs = new Float64Array(n);
    this.lastDoneNs = new Float64Array(n);
    this.lastStep = new Int32Array(n);
    this.lastStartNs = new Float64Array(n);
    this.lastLeaveNs = new Float64Array(n);
    this.lastConnectNs = new Float64Array(n);
    this.lastRequestNs = new Float64Array(n);
    this.lastServeNs = new Float64Array(n);
    this.lastThread = new Int32Array(n);
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  private channelsInto(task: number): number {
    const { topology } = this.context;
    let channels = 0;
    for (const edge of topology.inEdges[topology.taskVertex[task]!]!) channels += producersOf(edge, topology.taskSubtask[task]!).count;
    return channels;
  }

  /** The consumer's attempt is gone and all its channels with it, without a state machine each. */
  closeAll(task: number, step: number): void {
    const channels = this.channelsInto(task);
    let change = channels - this.viewsMissing[task]!;
    for (const row of this.rows.rowsOfConsumer(task)) {
      if (this.rows.registered[row] === 0) {
        this.rows.registered[row] = 1;
        change--;
      }
    }
    this.bulk[task] = 1;
    this.viewsMissing[task] = channels;
    if (change !== 0) this.observer.changeChannelsDown(change, step);
    this.forget(task);
  }

  /** Its TaskManager's connections close with their last channel (≤ 1.14): the next attempt connects anew. */
  forget(task: number): void {
    const { topology, tasks } = this.context;
    for (const edge of topology.inEdges[topology.taskVertex[task]!]!) {
      if (this.bulk[task]) this.connections.close(tasks.taskManager[task]!, edge.index);
    }
  }

  // --- a new consumer attempt asks for all its partitions ---
  startChain(task: number, step: number): void {
    const { sim, tasks, topology } = this.context;
    if (topology.inEdges[topology.taskVertex[task]!]!.length === 0) return;
    this.chainStep[task] = step;
    this.chainStartNs[task] = sim.nowNs;
    this.chainConnectNs[task] = 0;
    this.chainRequestNs[task] = 0;
    this.lastDoneNs[task] = 0;
    this.requestsMissing[task] = this.channelsInto(task);
    this.onChain(task, 0, -1, tasks.attempt[task]!);
  }

  private onChain(consumer: number, edgeAt: number, from: number, attempt: number): void {
    const { topology, tasks, sim, entities } = this.context;
    if (tasks.attempt[consumer] !== attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    const edges = topology.inEdges[topology.taskVertex[consumer]!]!;
    const edge = edges[edgeAt]!;
    const range = producersOf(edge, topology.taskSubtask[consumer]!);
    const base = topology.taskBase[edge.from]!;
    const first = from < 0 ? range.first : from;
    const end = range.first + range.count;
    const producerTm = tasks.taskManager[base + first]!;
    let next = first + 1;
    while (next < end && tasks.taskManager[base + next] === producerTm) next++;
    const consumerTm = tasks.taskManager[consumer]!;
    const local = producerTm === consumerTm;
    const connectNs = !local && this.connections.mustConnect(consumerTm, producerTm, edge.index, first) ? this.unit.connect(consumer, producerTm) : 0;
    const requestNs = (next - first) * this.unit.request(consumer, producerTm);
    const leaveNs = sim.nowNs + connectNs + requestNs;
    this.chainConnectNs[consumer] = this.chainConnectNs[consumer]! + connectNs;
    this.chainRequestNs[consumer] = this.chainRequestNs[consumer]! + requestNs;
    if (this.bulk[consumer]) this.requestInBulk(consumer, attempt, edge, first, next, producerTm, leaveNs);
    else {
      const producers: number[] = [];
      for (let p = first; p < next; p++) producers.push(p);
      const { chainStartNs, chainConnectNs, chainRequestNs, chainStep } = this;
      const step = this.context.log.add(
        this.stepRequest, PHASE.connect, threadId(THREAD.task, consumer), consumer, chainStartNs[consumer]!, leaveNs, chainStep[consumer]!, -1,
        TCP_CONNECT, chainConnectNs[consumer]!, PARTITION_REQUEST, chainRequestNs[consumer]!,
      );
      this.serve({ consumer, attempt, edge, producers, bulk: false, tries: 0 }, leaveNs, step);
    }
    const moreHere = next < end;
    if (moreHere) sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt, next, attempt);
    else if (edgeAt + 1 < edges.length) sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt + 1, -1, attempt);
  }

  private requestInBulk(consumer: number, attempt: number, edge: TopologyEdge, first: number, next: number, producerTm: number, leaveNs: number): void {
    const { topology, tasks, config, cluster } = this.context;
    const base = topology.taskBase[edge.from]!;
    let missing: number[] | null = null;
    let ready = 0;
    const alive = cluster.alive(producerTm);
    for (let p = first; p < next; p++) {
      if (alive && tasks.state[base + p] === TASK_STATE.running) ready++;
      else (missing ??= []).push(p);
    }
    if (missing) this.backOff({ consumer, attempt, edge, producers: missing, bulk: true, tries: 0 }, leaveNs, this.chainStep[consumer]!);
    if (ready === 0) return;
    const consumerTm = tasks.taskManager[consumer]!;
    const local = consumerTm === producerTm;
    const serveNs = local ? 0 : ready * this.unit.serve(consumer, producerTm);
    const doneNs = local ? leaveNs : this.plane.serveOnServerLoop(producerTm, consumerTm, edge.index, leaveNs + config.cluster.linkLatencyNs, serveNs);
    this.countRequests(consumer, ready, leaveNs, doneNs, serveNs, producerTm);
  }

  private countRequests(consumer: number, requests: number, leaveNs: number, doneNs: number, serveNs: number, producerTm: number): void {
    if (doneNs >= this.lastDoneNs[consumer]!) {
      this.lastDoneNs[consumer] = doneNs;
      this.lastStep[consumer] = this.chainStep[consumer]!;
      this.lastStartNs[consumer] = this.chainStartNs[consumer]!;
      this.lastLeaveNs[consumer] = leaveNs;
      this.lastConnectNs[consumer] = this.chainConnectNs[consumer]!;
      this.lastRequestNs[consumer] = this.chainRequestNs[consumer]!;
      this.lastServeNs[consumer] = serveNs;
      this.lastThread[consumer] = producerTm;
    }
    const left = this.requestsMissing[consumer]! - requests;
    this.requestsMissing[consumer] = left;
    const { sim, entities, tasks } = this.context;
    if (left === 0) sim.schedule(this.lastDoneNs[consumer]!, this.allRegistered, entities.task(consumer), consumer, tasks.attempt[consumer]!);
  }

  private onAllRegistered(consumer: number, attempt: number): void {
    const { tasks, log, config, topology } = this.context;
    if (tasks.attempt[consumer] !== attempt || tasks.state[consumer] !== TASK_STATE.running || !this.bulk[consumer]) return;
    const leaveNs = this.lastLeaveNs[consumer]!;
    const chain = log.add(
      this.stepRequest, PHASE.connect, threadId(THREAD.task, consumer), consumer, this.lastStartNs[consumer]!, leaveNs, this.lastStep[consumer]!, -1,
      TCP_CONNECT, this.lastConnectNs[consumer]!, PARTITION_REQUEST, this.lastRequestNs[consumer]!,
    );
    const doneNs = this.lastDoneNs[consumer]!;
    let step = chain;
    if (doneNs > leaveNs) {
      const wire = this.steps.wire(PHASE.connect, consumer, leaveNs, chain);
      step = this.steps.service(this.stepServe, PHASE.connect, threadId(THREAD.nettyServer, this.lastThread[consumer]! * 64), consumer, leaveNs + config.cluster.linkLatencyNs, doneNs, wire.step, "partitionRequestServe", this.lastServeNs[consumer]!);
    }
    this.bulk[consumer] = 0;
    const registered = this.viewsMissing[consumer]!;
    this.viewsMissing[consumer] = 0;
    for (const row of this.rows.rowsOfConsumer(consumer)) {
      this.rows.channel[row] = CHANNEL.active;
      this.rows.subpartition[row] = 0;
      this.rows.viewAttempt[row] = attempt;
      this.rows.producerAttempt[row] = tasks.attempt[this.rows.producer[row]!]!;
    }
    if (topology.inEdges[topology.taskVertex[consumer]!]!.length > 0) this.plane.registerAllViews(consumer);
    this.observer.changeChannelsDown(-registered, step);
  }

  // --- a surviving consumer reconnects some channels, after an update RPC ---
  /** As mails of the task thread; the rows are RECONNECTING. */
  reconnect(consumer: number, rows: readonly number[], cause: number): void {
    const { tasks, sim, topology } = this.context;
    const consumerTm = tasks.taskManager[consumer]!;
    let at = 0;
    while (at < rows.length) {
      const edge = topology.edges[this.rows.edge[rows[at]!]!]!;
      const producerTm = tasks.taskManager[this.rows.producer[rows[at]!]!]!;
      const producers: number[] = [];
      while (at < rows.length && this.rows.edge[rows[at]!] === edge.index && tasks.taskManager[this.rows.producer[rows[at]!]!] === producerTm) {
        producers.push(topology.taskSubtask[this.rows.producer[rows[at]!]!]!);
        at++;
      }
      const local = producerTm === consumerTm;
      const connectNs = !local && this.connections.mustConnect(consumerTm, producerTm, edge.index, producers[0]!) ? this.unit.connect(consumer, producerTm) : 0;
      const requestNs = producers.length * this.unit.request(consumer, producerTm);
      const doneNs = this.plane.runMail(consumer, sim.nowNs, connectNs + requestNs);
      const step = this.steps.service(this.stepRequest, PHASE.connect, threadId(THREAD.task, consumer), consumer, sim.nowNs, doneNs, cause, "tcpConnect", connectNs, "partitionRequest", requestNs);
      this.serve({ consumer, attempt: tasks.attempt[consumer]!, edge, producers, bulk: false, tries: 0 }, doneNs, step);
    }
  }

  /** The requests leave the consumer at `leaveNs`; the producer's server loop serves them. */
  private serve(batch: Batch, leaveNs: number, cause: number): void {
    const { tasks, topology, sim, entities } = this.context;
    const { consumer, edge, producers } = batch;
    const consumerTm = tasks.taskManager[consumer]!;
    const producerTm = tasks.taskManager[topology.taskBase[edge.from]! + producers[0]!]!;
    this.batches.push(batch);
    const id = this.batches.length - 1;
    if (consumerTm === producerTm) {
      sim.schedule(leaveNs, this.batchServed, entities.task(consumer), id, 0, cause);
      return;
    }
    const { arrivesNs, step: wire } = this.steps.wire(PHASE.connect, consumer, leaveNs, cause);
    const serveNs = producers.length * this.unit.serve(consumer, producerTm);
    const doneNs = this.context.cluster.alive(producerTm) ? this.plane.serveOnServerLoop(producerTm, consumerTm, edge.index, arrivesNs, serveNs) : arrivesNs + serveNs;
    const step = this.steps.service(this.stepServe, PHASE.connect, threadId(THREAD.nettyServer, producerTm * 64), consumer, arrivesNs, doneNs, wire, "partitionRequestServe", serveNs);
    sim.schedule(doneNs, this.batchServed, entities.task(consumer), id, 0, step);
  }

  private onBatchServed(id: number, step: number): void {
    const batch = this.batches[id]!;
    const { tasks, topology, cluster, sim } = this.context;
    const { consumer, edge } = batch;
    if (tasks.attempt[consumer] !== batch.attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    const notFound: number[] = [];
    for (const p of batch.producers) {
      const producer = topology.taskBase[edge.from]! + p;
      const row = this.rows.find(edge.index, producer, consumer);
      if (row < 0 || this.rows.channel[row] !== CHANNEL.reconnecting) continue;
      if (tasks.state[producer] === TASK_STATE.running) this.listener.registered(row, step);
      else if (tasks.state[producer] === TASK_STATE.opening && cluster.alive(tasks.taskManager[producer]!)) notFound.push(p);
      else this.listener.producerGone(row);
    }
    if (notFound.length > 0) this.backOff({ ...batch, producers: notFound }, sim.nowNs, step);
  }

  // --- PartitionNotFound ---
  private backOff(batch: Batch, nowNs: number, cause: number): void {
    const { engine } = this.context.config;
    const { sim, log, entities } = this.context;
    const backoffNs = Math.min(engine.partitionRequestInitialBackoffNs * 2 ** batch.tries, engine.partitionRequestMaxBackoffNs);
    const usedUp = batch.tries > 0 && engine.partitionRequestInitialBackoffNs * 2 ** (batch.tries - 1) >= engine.partitionRequestMaxBackoffNs;
    if (usedUp) {
      this.listener.gaveUp(batch.consumer, cause);
      return;
    }
    batch.tries++;
    this.batches.push(batch);
    const step = log.add(this.stepBackoff, PHASE.connect, threadId(THREAD.timer, 0), batch.consumer, nowNs, nowNs + backoffNs, cause, -1, BACKOFF, backoffNs);
    sim.schedule(nowNs + backoffNs, this.retryDue, entities.task(batch.consumer), this.batches.length - 1, 0, step);
  }

  private onRetry(id: number, step: number): void {
    const batch = this.batches[id]!;
    const { tasks, sim } = this.context;
    const { consumer } = batch;
    if (tasks.attempt[consumer] !== batch.attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    const requestNs = batch.producers.length * this.unit.request(consumer, batch.tries);
    if (!batch.bulk) {
      const request = this.context.log.add(this.stepRequest, PHASE.connect, threadId(THREAD.task, consumer), consumer, sim.nowNs, sim.nowNs + requestNs, step, -1, PARTITION_REQUEST, requestNs);
      this.serve({ ...batch }, sim.nowNs + requestNs, request);
      return;
    }
    if (!this.bulk[consumer]) return;
    const { topology } = this.context;
    const base = topology.taskBase[batch.edge.from]!;
    // A retry starts the chain's account anew: what came before it on the path is the back-off.
    this.chainStep[consumer] = step;
    this.chainStartNs[consumer] = sim.nowNs;
    this.chainConnectNs[consumer] = 0;
    this.chainRequestNs[consumer] = requestNs;
    const missing: number[] = [];
    const leaveNs = sim.nowNs + requestNs;
    for (const p of batch.producers) {
      const producer = base + p;
      const producerTm = tasks.taskManager[producer]!;
      if (tasks.state[producer] !== TASK_STATE.running || !this.context.cluster.alive(producerTm)) {
        missing.push(p);
        continue;
      }
      const local = producerTm === tasks.taskManager[consumer];
      const serveNs = local ? 0 : this.unit.serve(consumer, producerTm);
      const doneNs = local ? leaveNs : this.plane.serveOnServerLoop(producerTm, tasks.taskManager[consumer]!, batch.edge.index, leaveNs + this.context.config.cluster.linkLatencyNs, serveNs);
      this.countRequests(consumer, 1, leaveNs, doneNs, serveNs, producerTm);
    }
    if (missing.length > 0) this.backOff({ ...batch, producers: missing }, leaveNs, step);
  }
}
