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
import { type ChannelRows, NONE } from "./channel-rows.js";
import { Connections } from "./connections.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import type { PartitionStateChecks } from "./partition-state.js";
import type { NetworkSteps } from "./steps.js";

const TCP_CONNECT = costIndex("tcpConnect");
const PARTITION_REQUEST = costIndex("partitionRequest");
const BACKOFF = costIndex("backoff");
/** How many questions about missing partitions a consumer has under way at most, per edge. */
const ASKS_PER_EDGE = 16;

export interface ConnectorListener {
  /** The producer's server loop serves a PartitionRequest for one of its partitions. */
  requested(row: number, consumerAttempt: number, producerAttempt: number, step: number): void;
  /** The producer's attempt that was asked is gone, and the consumer learns it. */
  refused(row: number, producerAttempt: number, step: number): void;
  /** PartitionNotFound until the back-off was used up. */
  gaveUp(consumer: number, step: number): void;
  /** The event loop that should serve hangs: `retry` is called when it goes on. */
  whenLoopResumes(taskManager: number, retry: () => void): void;
  /** The consumer's task thread hangs: `retry` is called when the attempt goes on. */
  whenTaskResumes(task: number, retry: () => void): void;
}

/** A partition request under way for channels that have rows, or a retry for some that have none. */
interface Batch {
  readonly consumer: number;
  readonly attempt: number;
  readonly consumerTm: number;
  readonly producerTm: number;
  readonly edge: TopologyEdge;
  /** Subtasks of the producers, and the attempt of each that is asked. */
  readonly producers: readonly number[];
  readonly asked: readonly number[];
  readonly bulk: boolean;
  readonly leaveNs: number;
  tries: number;
}

export class Connector {
  private readonly context: ControlContext;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly observer: RecoveryObserver;
  private readonly listener: ConnectorListener;
  /** Consumers survive lost producers: they wait for word instead of failing. */
  private readonly survives: boolean;
  /** What the JobManager says of every task: a consumer's descriptors name these attempts, deployed or not. */
  private readonly newestAttempt: Int32Array;
  /** Set once the JobManager exists. */
  stateChecks!: PartitionStateChecks;
  private plane!: DataPlane;
  /** Those on the way, by id; ids of finished ones are used again. */
  private readonly batches: (Batch | null)[] = [];
  private readonly freeIds: number[] = [];
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
  /** Per consumer: requests of its chain that found nobody and are not asked about yet. */
  private readonly gathered = new Map<
    number,
    { readonly batch: Batch; readonly producers: number[]; requests: number }
  >();
  /** Runs of producers, by the first and how many. */
  private readonly ranges = new Map<number, readonly number[]>();
  private readonly connections: Connections;
  private readonly unit: {
    connect: (entity: number, index: number) => number;
    request: (entity: number, index: number) => number;
    serve: (entity: number, index: number) => number;
  };

  constructor(
    context: ControlContext,
    rows: ChannelRows,
    steps: NetworkSteps,
    observer: RecoveryObserver,
    survives: boolean,
    newestAttempt: Int32Array,
    listener: ConnectorListener,
  ) {
    this.context = context;
    this.survives = survives;
    this.newestAttempt = newestAttempt;
    this.rows = rows;
    this.steps = steps;
    this.observer = observer;
    this.listener = listener;
    const { sim, log, topology } = context;
    this.stepRequest = log.kindId("partition-requests");
    this.stepServe = log.kindId("partition-request-served");
    this.stepBackoff = log.kindId("partition-request-backoff");
    this.chainNext = sim.defineKind(
      "partition-request-chain",
      PRIORITY.completion,
      (entity, edgeAt, producer, attempt) => this.onChain(entity - context.entities.task(0), edgeAt, producer, attempt),
    );
    this.batchServed = sim.defineKind("partition-request-served", PRIORITY.completion, (_e, batch, _b, step) =>
      this.onBatchServed(batch, step),
    );
    this.retryDue = sim.defineKind("partition-request-retry", PRIORITY.timer, (_e, batch, _b, step) =>
      this.onRetry(batch, step),
    );
    this.allRegistered = sim.defineKind("all-views-registered", PRIORITY.completion, (_e, consumer, attempt) =>
      this.onAllRegistered(consumer, attempt),
    );
    this.connections = new Connections(context.cluster, topology.edges.length, context.config.engine.connectionPerEdge);
    this.unit = {
      connect: context.draws.drawer("tcpConnect"),
      request: context.draws.drawer("partitionRequest"),
      serve: context.draws.drawer("partitionRequestServe"),
    };
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

  private keep(batch: Batch): number {
    const id = this.freeIds.pop() ?? this.batches.length;
    this.batches[id] = batch;
    return id;
  }

  /** A batch whose event is being handled: it goes on under a new id, or not at all. */
  private take(id: number): Batch {
    const batch = this.batches[id]!;
    this.batches[id] = null;
    this.freeIds.push(id);
    return batch;
  }

  private channelsInto(task: number): number {
    const { topology } = this.context;
    let channels = 0;
    for (const edge of topology.inEdges[topology.taskVertex[task]!]!)
      channels += producersOf(edge, topology.taskSubtask[task]!).count;
    return channels;
  }

  /** The consumer's attempt is gone and all its channels with it, without a state machine each. */
  closeAll(task: number, step: number): void {
    const { rows } = this;
    const channels = this.channelsInto(task);
    let change = channels - this.viewsMissing[task]!;
    for (const row of rows.rowsOfConsumer(task)) {
      if (rows.inBulk[row] === 0 && rows.registered[row] === 0) change--;
      rows.inBulk[row] = 1;
      rows.registered[row] = 1;
    }
    this.bulk[task] = 1;
    this.viewsMissing[task] = channels;
    if (change !== 0) this.observer.changeChannelsDown(change, step);
    this.forget(task);
  }

  connectsInBulk(task: number): boolean {
    return this.bulk[task] === 1;
  }

  /** The channel's producer is lost while its consumer connects in bulk: from now on it counts by itself, as not registered. */
  leaveBulk(row: number): void {
    const { rows } = this;
    if (rows.inBulk[row] === 0) return;
    rows.inBulk[row] = 0;
    rows.registered[row] = 0;
    const consumer = rows.consumer[row]!;
    this.viewsMissing[consumer] = this.viewsMissing[consumer]! - 1;
  }

  /** The consumer itself is lost while it connects in bulk: all its channels have rows now. */
  endBulk(task: number): void {
    for (const row of this.rows.rowsOfConsumer(task)) this.leaveBulk(row);
    this.bulk[task] = 0;
    this.requestsMissing[task] = 0;
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
    this.gathered.delete(task);
    this.onChain(task, 0, -1, tasks.attempt[task]!);
  }

  private onChain(consumer: number, edgeAt: number, from: number, attempt: number): void {
    const { topology, tasks, sim, entities } = this.context;
    if (tasks.attempt[consumer] !== attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    if (tasks.hung[consumer] === 1) {
      this.listener.whenTaskResumes(consumer, () => this.onChain(consumer, edgeAt, from, attempt));
      return;
    }
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
    const connectNs =
      !local && this.connections.mustConnect(consumerTm, producerTm, edge.index, first)
        ? this.unit.connect(consumer, producerTm)
        : 0;
    const requestNs = (next - first) * this.unit.request(consumer, producerTm);
    const leaveNs = sim.nowNs + connectNs + requestNs;
    this.chainConnectNs[consumer] = this.chainConnectNs[consumer]! + connectNs;
    this.chainRequestNs[consumer] = this.chainRequestNs[consumer]! + requestNs;
    if (this.bulk[consumer]) this.requestInBulk(consumer, attempt, edge, first, next, producerTm, leaveNs);
    this.requestByRow(consumer, attempt, edge, first, next, producerTm, leaveNs);
    const moreHere = next < end;
    if (!moreHere) this.askAboutGathered(consumer, leaveNs);
    if (moreHere) sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt, next, attempt);
    else if (edgeAt + 1 < edges.length)
      sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt + 1, -1, attempt);
  }

  /** Asks for the channels that have a row of their own and have not been asked for yet. */
  private requestByRow(
    consumer: number,
    attempt: number,
    edge: TopologyEdge,
    first: number,
    next: number,
    producerTm: number,
    leaveNs: number,
  ): void {
    const { topology, tasks, log } = this.context;
    const { rows, chainStartNs, chainConnectNs, chainRequestNs, chainStep } = this;
    if (rows.length === 0) return;
    const base = topology.taskBase[edge.from]!;
    const producers: number[] = [];
    const asked: number[] = [];
    for (let p = first; p < next; p++) {
      const row = rows.find(edge.index, base + p, consumer);
      if (
        row < 0 ||
        rows.inBulk[row] === 1 ||
        rows.channel[row] !== CHANNEL.reconnecting ||
        rows.askedAttempt[row] !== NONE
      )
        continue;
      rows.askedAttempt[row] = this.newestAttempt[base + p]!;
      producers.push(p);
      asked.push(this.newestAttempt[base + p]!);
    }
    if (producers.length === 0) return;
    const step = log.add(
      this.stepRequest,
      PHASE.connect,
      threadId(THREAD.task, consumer),
      consumer,
      chainStartNs[consumer]!,
      leaveNs,
      chainStep[consumer]!,
      -1,
      TCP_CONNECT,
      chainConnectNs[consumer]!,
      PARTITION_REQUEST,
      chainRequestNs[consumer]!,
    );
    this.serve(
      {
        consumer,
        attempt,
        consumerTm: tasks.taskManager[consumer]!,
        producerTm,
        edge,
        producers,
        asked,
        bulk: false,
        leaveNs,
        tries: 0,
      },
      step,
    );
  }

  /** The channel of this consumer has left the bulk. */
  private isOut(edge: TopologyEdge, producer: number, consumer: number): boolean {
    if (this.rows.length === 0) return false;
    const row = this.rows.find(edge.index, producer, consumer);
    return row >= 0 && this.rows.inBulk[row] === 0;
  }

  /** The attempt that descriptors name is RUNNING, and not one that it replaces. */
  private isThere(producer: number): boolean {
    const { tasks } = this.context;
    return tasks.state[producer] === TASK_STATE.running && tasks.attempt[producer] === this.newestAttempt[producer];
  }

  private requestInBulk(
    consumer: number,
    attempt: number,
    edge: TopologyEdge,
    first: number,
    next: number,
    producerTm: number,
    leaveNs: number,
  ): void {
    const { topology, tasks, config, cluster, links } = this.context;
    const base = topology.taskBase[edge.from]!;
    const consumerTm = tasks.taskManager[consumer]!;
    const missing: number[] = [];
    let ready = 0;
    let out = 0;
    const alive = cluster.alive(producerTm) && (links.whole || links.reachable(consumerTm, producerTm));
    for (let p = first; p < next; p++) {
      if (this.isOut(edge, base + p, consumer)) out++;
      else if (alive && this.isThere(base + p)) ready++;
      else missing.push(p);
    }
    if (out > 0) this.countRequests(consumer, out, leaveNs, leaveNs, 0, producerTm);
    let doneNs = leaveNs;
    let serveNs = 0;
    if (ready > 0 && consumerTm !== producerTm) {
      serveNs = ready * this.unit.serve(consumer, producerTm);
      doneNs = this.plane.serveOnServerLoop(
        producerTm,
        consumerTm,
        edge.index,
        leaveNs + config.cluster.linkLatencyNs,
        serveNs,
      );
    }
    // A hanging event loop answers nobody: asked again like a partition that is not there.
    const hangs = doneNs === Number.POSITIVE_INFINITY;
    if (hangs) {
      missing.length = 0;
      for (let p = first; p < next; p++) if (!this.isOut(edge, base + p, consumer)) missing.push(p);
      ready = 0;
    }
    if (missing.length > 0) {
      const batch: Batch = {
        consumer,
        attempt,
        consumerTm,
        producerTm,
        edge,
        producers: missing,
        asked: [],
        bulk: true,
        leaveNs,
        tries: 0,
      };
      if (alive && !hangs) this.gather(batch);
      else this.backOff(batch, leaveNs, this.requestsUpTo(leaveNs, consumer));
    }
    if (ready > 0) this.countRequests(consumer, ready, leaveNs, doneNs, serveNs, producerTm);
  }

  private countRequests(
    consumer: number,
    requests: number,
    leaveNs: number,
    doneNs: number,
    serveNs: number,
    producerTm: number,
  ): void {
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
    if (left === 0)
      sim.schedule(
        this.lastDoneNs[consumer]!,
        this.allRegistered,
        entities.task(consumer),
        consumer,
        tasks.attempt[consumer]!,
      );
  }

  private onAllRegistered(consumer: number, attempt: number): void {
    const { tasks, log, config, topology } = this.context;
    if (tasks.attempt[consumer] !== attempt || tasks.state[consumer] !== TASK_STATE.running || !this.bulk[consumer])
      return;
    const leaveNs = this.lastLeaveNs[consumer]!;
    const chain = log.add(
      this.stepRequest,
      PHASE.connect,
      threadId(THREAD.task, consumer),
      consumer,
      this.lastStartNs[consumer]!,
      leaveNs,
      this.lastStep[consumer]!,
      -1,
      TCP_CONNECT,
      this.lastConnectNs[consumer]!,
      PARTITION_REQUEST,
      this.lastRequestNs[consumer]!,
    );
    const doneNs = this.lastDoneNs[consumer]!;
    let step = chain;
    if (doneNs > leaveNs) {
      const wire = this.steps.wire(PHASE.connect, consumer, leaveNs, chain);
      step = this.steps.service(
        this.stepServe,
        PHASE.connect,
        threadId(THREAD.nettyServer, this.lastThread[consumer]! * 64),
        consumer,
        leaveNs + config.cluster.linkLatencyNs,
        doneNs,
        wire.step,
        "partitionRequestServe",
        this.lastServeNs[consumer]!,
      );
    }
    this.bulk[consumer] = 0;
    const registered = this.viewsMissing[consumer]!;
    this.viewsMissing[consumer] = 0;
    const { rows } = this;
    if (topology.inEdges[topology.taskVertex[consumer]!]!.length > 0) {
      // Channels that left the bulk on the way are registered by themselves.
      const apart = rows.rowsOfConsumer(consumer).some((row) => rows.inBulk[row] === 0);
      if (apart)
        this.plane.registerAllViews(consumer, (edge, producer) =>
          this.isOut(topology.edges[edge]!, producer, consumer),
        );
      else this.plane.registerAllViews(consumer);
    }
    for (const row of rows.rowsOfConsumer(consumer)) {
      if (rows.inBulk[row] === 0) continue;
      rows.inBulk[row] = 0;
      rows.channel[row] = CHANNEL.active;
      rows.subpartition[row] = 0;
      rows.viewAttempt[row] = attempt;
      rows.readsAttempt[row] = tasks.attempt[rows.producer[row]!]!;
      rows.askedAttempt[row] = NONE;
    }
    this.observer.changeChannelsDown(-registered, step);
  }

  // --- a surviving consumer reconnects some channels, after an update RPC ---
  /** As mails of the task thread; the rows are RECONNECTING, and know whom they ask. */
  reconnect(consumer: number, list: readonly number[], cause: number): void {
    const { tasks, sim, topology } = this.context;
    const { rows } = this;
    if (tasks.hung[consumer] === 1) {
      this.listener.whenTaskResumes(consumer, () => {
        const still = list.filter(
          (row) => rows.channel[row] === CHANNEL.reconnecting && rows.askedAttempt[row] !== NONE,
        );
        this.reconnect(consumer, still, cause);
      });
      return;
    }
    const consumerTm = tasks.taskManager[consumer]!;
    let at = 0;
    while (at < list.length) {
      const edge = topology.edges[rows.edge[list[at]!]!]!;
      const producerTm = tasks.taskManager[rows.producer[list[at]!]!]!;
      const producers: number[] = [];
      const asked: number[] = [];
      while (
        at < list.length &&
        rows.edge[list[at]!] === edge.index &&
        tasks.taskManager[rows.producer[list[at]!]!] === producerTm
      ) {
        producers.push(topology.taskSubtask[rows.producer[list[at]!]!]!);
        asked.push(rows.askedAttempt[list[at]!]!);
        at++;
      }
      const local = producerTm === consumerTm;
      const connectNs =
        !local && this.connections.mustConnect(consumerTm, producerTm, edge.index, producers[0]!)
          ? this.unit.connect(consumer, producerTm)
          : 0;
      const requestNs = producers.length * this.unit.request(consumer, producerTm);
      const leaveNs = this.plane.runMail(consumer, sim.nowNs, connectNs + requestNs);
      const step = this.steps.service(
        this.stepRequest,
        PHASE.connect,
        threadId(THREAD.task, consumer),
        consumer,
        sim.nowNs,
        leaveNs,
        cause,
        "tcpConnect",
        connectNs,
        "partitionRequest",
        requestNs,
      );
      this.serve(
        {
          consumer,
          attempt: tasks.attempt[consumer]!,
          consumerTm,
          producerTm,
          edge,
          producers,
          asked,
          bulk: false,
          leaveNs,
          tries: 0,
        },
        step,
      );
    }
  }

  /** The requests leave the consumer; the producer's server loop serves them. */
  private serve(batch: Batch, cause: number): void {
    const { sim, entities, links } = this.context;
    const { consumer, leaveNs, consumerTm, producerTm } = batch;
    const id = this.keep(batch);
    if (consumerTm === producerTm) {
      sim.schedule(leaveNs, this.batchServed, entities.task(consumer), id, 0, cause);
      return;
    }
    if (links.up(consumerTm, producerTm)) this.serveRemote(id, leaveNs, cause);
    else links.send(consumerTm, producerTm, 0, (arrivesNs) => this.serveRemote(id, arrivesNs, cause));
  }

  private serveRemote(id: number, leaveNs: number, cause: number): void {
    const { sim, entities, cluster } = this.context;
    const { consumer, producers, consumerTm, producerTm, edge } = this.batches[id]!;
    const { arrivesNs, step: wire } = this.steps.wire(PHASE.connect, consumer, leaveNs, cause);
    const serveNs = producers.length * this.unit.serve(consumer, producerTm);
    const doneNs = cluster.alive(producerTm)
      ? this.plane.serveOnServerLoop(producerTm, consumerTm, edge.index, arrivesNs, serveNs)
      : arrivesNs + serveNs;
    if (doneNs === Number.POSITIVE_INFINITY) {
      this.listener.whenLoopResumes(producerTm, () => this.serveRemote(id, Math.max(leaveNs, sim.nowNs), cause));
      return;
    }
    const step = this.steps.service(
      this.stepServe,
      PHASE.connect,
      threadId(THREAD.nettyServer, producerTm * 64),
      consumer,
      arrivesNs,
      doneNs,
      wire,
      "partitionRequestServe",
      serveNs,
    );
    sim.schedule(doneNs, this.batchServed, entities.task(consumer), id, 0, step);
  }

  /** The attempt that sent the batch still runs; a batch that it had not sent when it ended is no batch. */
  private senderOf(batch: Batch): "alive" | "dead" | "never sent" {
    const { tasks } = this.context;
    if (tasks.attempt[batch.consumer] === batch.attempt && tasks.state[batch.consumer] === TASK_STATE.running)
      return "alive";
    return tasks.endedNs[batch.consumer]! <= batch.leaveNs ? "never sent" : "dead";
  }

  /** What comes back of a request for a partition of an attempt. A dead process refuses; a dead machine says nothing. */
  private answerOf(producer: number, asked: number, producerTm: number): "found" | "not found" | "gone" | "silence" {
    const { tasks, cluster } = this.context;
    const newest = tasks.attempt[producer]!;
    // Not placed yet when it was asked for: nobody could tell where it would run.
    if (asked > newest || (asked === newest && tasks.taskManager[producer] !== producerTm)) return "not found";
    if (!cluster.alive(producerTm)) return cluster.refusesConnections(producerTm) ? "gone" : "silence";
    if (asked < newest) return "gone";
    if (tasks.state[producer] === TASK_STATE.running) return "found";
    return tasks.state[producer] === TASK_STATE.opening ? "not found" : "gone";
  }

  private onBatchServed(id: number, step: number): void {
    const batch = this.take(id);
    const { topology, sim } = this.context;
    const { consumer, edge, producerTm } = batch;
    const sender = this.senderOf(batch);
    if (sender === "never sent") return;
    const notFound: number[] = [];
    batch.producers.forEach((p, i) => {
      const producer = topology.taskBase[edge.from]! + p;
      const row = this.rows.find(edge.index, producer, consumer);
      const asked = batch.asked[i]!;
      if (row < 0) return;
      const answer = this.answerOf(producer, asked, producerTm);
      if (answer === "found") this.listener.requested(row, batch.attempt, asked, step);
      if (sender !== "alive") return;
      if (answer === "gone") this.listener.refused(row, asked, step);
      else if (
        answer === "not found" &&
        this.rows.channel[row] === CHANNEL.reconnecting &&
        this.rows.askedAttempt[row] === asked
      ) {
        this.rows.askedAttempt[row] = NONE;
        notFound.push(p);
      }
    });
    if (notFound.length > 0) this.notFound({ ...batch, producers: notFound, asked: [] }, sim.nowNs, 1, step);
  }

  /** The trace of a consumer's chain of requests up to one that left at `leaveNs`. */
  private requestsUpTo(leaveNs: number, consumer: number): number {
    return this.steps.requests(
      consumer,
      this.chainStartNs[consumer]!,
      leaveNs,
      this.chainConnectNs[consumer]!,
      this.chainStep[consumer]!,
    );
  }

  // --- PartitionNotFound ---
  /**
   * Requests of one chain that found nobody go on as one, so that a consumer has a few dozen of them under way, however
   * large the job: an answer comes up to 1/16 of the chain late. With up to 16 TaskManagers each goes on by itself.
   */
  private gather(batch: Batch): void {
    const { consumer, leaveNs } = batch;
    let found = this.gathered.get(consumer);
    if (found === undefined) {
      found = { batch, producers: [], requests: 0 };
      this.gathered.set(consumer, found);
    }
    for (const producer of batch.producers) found.producers.push(producer);
    found.requests++;
    if (found.requests * ASKS_PER_EDGE >= this.context.cluster.taskManagers) this.askAboutGathered(consumer, leaveNs);
  }

  private askAboutGathered(consumer: number, leaveNs: number): void {
    const found = this.gathered.get(consumer);
    if (found === undefined) return;
    this.gathered.delete(consumer);
    const batch = { ...found.batch, producers: this.shared(found.producers), leaveNs };
    this.notFound(batch, leaveNs, 2, this.requestsUpTo(leaveNs, consumer));
  }

  /** Thousands of consumers miss the same producers: one list for all of them. */
  private shared(producers: readonly number[]): readonly number[] {
    const first = producers[0]!;
    if (producers.at(-1)! - first !== producers.length - 1) return producers;
    const key = first * 2 ** 20 + producers.length;
    const known = this.ranges.get(key);
    if (known !== undefined) return known;
    this.ranges.set(key, producers);
    return producers;
  }

  /** The answer is so many link latencies away; then the JobManager is asked, and only then does the back-off begin. */
  private notFound(batch: Batch, fromNs: number, latencies: number, cause: number): void {
    const { config, sim } = this.context;
    let atNs = fromNs;
    let step = cause;
    for (let i = 0; i < latencies && batch.consumerTm !== batch.producerTm; i++) {
      step = this.steps.wire(PHASE.connect, batch.consumer, atNs, step).step;
      atNs += config.cluster.linkLatencyNs;
    }
    this.stateChecks.ask(batch.consumer, batch.producers.length, atNs, step, (answered) =>
      this.backOff(batch, sim.nowNs, answered),
    );
  }

  /** From `nowNs` on, or once a request of `askNs` has left that nobody answers. */
  private backOff(batch: Batch, nowNs: number, cause: number, askNs = 0): void {
    const { engine } = this.context.config;
    const { sim, log, entities } = this.context;
    const usedUp =
      batch.tries > 0 &&
      engine.partitionRequestInitialBackoffNs * 2 ** (batch.tries - 1) >= engine.partitionRequestMaxBackoffNs;
    if (usedUp && !this.survives) {
      this.listener.gaveUp(batch.consumer, cause);
      return;
    }
    // Who survives goes on asking at the longest interval, until the update comes.
    const backoffNs = Math.min(
      engine.partitionRequestInitialBackoffNs * 2 ** batch.tries,
      engine.partitionRequestMaxBackoffNs,
    );
    batch.tries++;
    const id = this.keep(batch);
    const step = log.add(
      this.stepBackoff,
      PHASE.connect,
      threadId(THREAD.timer, 0),
      batch.consumer,
      nowNs,
      nowNs + askNs + backoffNs,
      cause,
      -1,
      BACKOFF,
      backoffNs,
      PARTITION_REQUEST,
      askNs,
    );
    sim.schedule(nowNs + askNs + backoffNs, this.retryDue, entities.task(batch.consumer), id, 0, step);
  }

  private onRetry(id: number, step: number): void {
    const batch = this.take(id);
    const { tasks } = this.context;
    const { consumer } = batch;
    if (tasks.attempt[consumer] !== batch.attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    if (batch.bulk) this.retryInBulk(batch, step);
    else this.retryByRow(batch, step);
  }

  private retryByRow(batch: Batch, step: number): void {
    const { tasks, sim, topology, log } = this.context;
    const { consumer, edge } = batch;
    const { rows } = this;
    const base = topology.taskBase[edge.from]!;
    // Those that an update has asked for meanwhile are no longer this batch's matter.
    const still = batch.producers.filter((p) => {
      const row = rows.find(edge.index, base + p, consumer);
      return rows.channel[row] === CHANNEL.reconnecting && rows.askedAttempt[row] === NONE;
    });
    if (still.length === 0) return;
    const requestNs = still.length * this.unit.request(consumer, batch.tries);
    const leaveNs = sim.nowNs + requestNs;
    const request = log.add(
      this.stepRequest,
      PHASE.connect,
      threadId(THREAD.task, consumer),
      consumer,
      sim.nowNs,
      leaveNs,
      step,
      -1,
      PARTITION_REQUEST,
      requestNs,
    );
    const byTm = new Map<number, number[]>();
    for (const p of still) {
      const tm = tasks.taskManager[base + p]!;
      byTm.set(tm, [...(byTm.get(tm) ?? []), p]);
    }
    for (const [producerTm, producers] of byTm) {
      const asked = producers.map((p) => this.newestAttempt[base + p]!);
      producers.forEach((p, i) => {
        rows.askedAttempt[rows.find(edge.index, base + p, consumer)] = asked[i]!;
      });
      this.serve(
        { ...batch, consumerTm: tasks.taskManager[consumer]!, producerTm, producers, asked, leaveNs },
        request,
      );
    }
  }

  private retryInBulk(batch: Batch, step: number): void {
    const { tasks, sim, topology, cluster, links, config } = this.context;
    const { consumer, edge, consumerTm } = batch;
    if (!this.bulk[consumer]) return;
    const base = topology.taskBase[edge.from]!;
    const requestNs = batch.producers.length * this.unit.request(consumer, batch.tries);
    // A retry starts the chain's account anew: what came before it on the path is the back-off.
    this.chainStep[consumer] = step;
    this.chainStartNs[consumer] = sim.nowNs;
    this.chainConnectNs[consumer] = 0;
    this.chainRequestNs[consumer] = requestNs;
    const missing: number[] = [];
    const silent: number[] = [];
    const leaveNs = sim.nowNs + requestNs;
    for (const p of batch.producers) {
      const producer = base + p;
      const producerTm = tasks.taskManager[producer]!;
      if (this.isOut(edge, producer, consumer)) {
        this.countRequests(consumer, 1, leaveNs, leaveNs, 0, producerTm);
        this.requestByRow(consumer, batch.attempt, edge, p, p + 1, producerTm, leaveNs);
        continue;
      }
      if (!cluster.alive(producerTm) || !links.reachable(consumerTm, producerTm)) {
        silent.push(p);
        continue;
      }
      if (!this.isThere(producer)) {
        missing.push(p);
        continue;
      }
      const local = producerTm === consumerTm;
      const serveNs = local ? 0 : this.unit.serve(consumer, producerTm);
      const doneNs = local
        ? leaveNs
        : this.plane.serveOnServerLoop(
            producerTm,
            consumerTm,
            edge.index,
            leaveNs + config.cluster.linkLatencyNs,
            serveNs,
          );
      if (doneNs === Number.POSITIVE_INFINITY) silent.push(p);
      else this.countRequests(consumer, 1, leaveNs, doneNs, serveNs, producerTm);
    }
    if (missing.length > 0)
      this.notFound(
        missing.length === batch.producers.length ? batch : { ...batch, producers: missing },
        leaveNs,
        2,
        this.requestsUpTo(leaveNs, consumer),
      );
    if (silent.length > 0) this.backOff({ ...batch, producers: silent }, sim.nowNs, step, requestNs);
  }
}
