/**
 * The account of consumers whose channels are dealt with in bulk: how many have no view yet, how many requests are not
 * out, what the chain of requests has cost, and the request that was served last, which is when all views stand.
 * Who asks for them is `bulk-requests.ts`.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { TASK_STATE } from "../task-table.js";
import { producersOf, type TopologyEdge } from "../topology/topology.js";
import { type ChannelRows, NONE } from "./channel-rows.js";
import type { Connections } from "./connections.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import type { NetworkSteps } from "./steps.js";

const TCP_CONNECT = costIndex("tcpConnect");
const PARTITION_REQUEST = costIndex("partitionRequest");

export class BulkViews {
  private readonly context: ControlContext;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly observer: RecoveryObserver;
  private readonly connections: Connections;
  private plane!: DataPlane;
  private readonly allRegistered: number;
  private readonly stepRequest: number;
  private readonly stepServe: number;
  /** Consumers whose channels are dealt with in bulk: channels without a view, and those whose request is not out yet. */
  private readonly bulk: Uint8Array;
  private readonly viewsMissing: Int32Array;
  private readonly requestsMissing: Int32Array;
  /** The chain of requests of each consumer: what it has cost so far, and at the request that was served last. */
  readonly chainStep: Int32Array;
  readonly chainStartNs: Float64Array;
  readonly chainConnectNs: Float64Array;
  readonly chainRequestNs: Float64Array;
  private readonly lastDoneNs: Float64Array;
  private readonly lastStep: Int32Array;
  private readonly lastStartNs: Float64Array;
  private readonly lastLeaveNs: Float64Array;
  private readonly lastConnectNs: Float64Array;
  private readonly lastRequestNs: Float64Array;
  private readonly lastServeNs: Float64Array;
  private readonly lastThread: Int32Array;

  constructor(
    context: ControlContext,
    rows: ChannelRows,
    steps: NetworkSteps,
    observer: RecoveryObserver,
    connections: Connections,
  ) {
    this.context = context;
    this.rows = rows;
    this.steps = steps;
    this.observer = observer;
    this.connections = connections;
    const { sim, log, topology } = context;
    this.stepRequest = log.kindId("partition-requests");
    this.stepServe = log.kindId("partition-request-served");
    this.allRegistered = sim.defineKind("all-views-registered", PRIORITY.completion, (_e, consumer, attempt) =>
      this.onAllRegistered(consumer, attempt),
    );
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

  /** A new attempt begins its chain of requests. */
  start(task: number, step: number): void {
    this.chainStep[task] = step;
    this.chainStartNs[task] = this.context.sim.nowNs;
    this.chainConnectNs[task] = 0;
    this.chainRequestNs[task] = 0;
    this.lastDoneNs[task] = 0;
    this.requestsMissing[task] = this.channelsInto(task);
  }

  /** A retry starts the chain's account anew: what came before it on the path is the back-off. */
  retryOf(task: number, step: number, requestNs: number): void {
    this.chainStep[task] = step;
    this.chainStartNs[task] = this.context.sim.nowNs;
    this.chainConnectNs[task] = 0;
    this.chainRequestNs[task] = requestNs;
  }

  /** The trace of a consumer's chain of requests up to one that left at `leaveNs`. */
  requestsUpTo(leaveNs: number, consumer: number): number {
    return this.steps.requests(
      consumer,
      this.chainStartNs[consumer]!,
      leaveNs,
      this.chainConnectNs[consumer]!,
      this.chainStep[consumer]!,
    );
  }

  /** The channel of this consumer has left the bulk. */
  isOut(edge: TopologyEdge, producer: number, consumer: number): boolean {
    if (this.rows.length === 0) return false;
    const row = this.rows.find(edge.index, producer, consumer);
    return row >= 0 && this.rows.inBulk[row] === 0;
  }

  countRequests(
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
      // A flag of an earlier request, still on its way to the sender's thread, is not about this view.
      rows.flagVersion[row]!++;
      rows.readsAttempt[row] = tasks.attempt[rows.producer[row]!]!;
      rows.askedAttempt[row] = NONE;
    }
    this.observer.changeChannelsDown(-registered, step);
  }
}
