/**
 * How a consumer gets its views: TCP connects and partition requests in series on its task thread, one producer
 * TaskManager and edge after the other (SingleInputGate.requestPartitions, PartitionRequestClientFactory). Owns the chain
 * of a new attempt and puts the parts together: `row-requests.ts`, `bulk-requests.ts`, `request-server.ts`, `back-off.ts`.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import type { ControlContext } from "../control-context.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { TASK_STATE } from "../task-table.js";
import { producersOf } from "../topology/topology.js";
import { BackOff } from "./back-off.js";
import { BulkRequests } from "./bulk-requests.js";
import { BulkViews } from "./bulk-views.js";
import type { ChannelRows } from "./channel-rows.js";
import { Connections } from "./connections.js";
import type { DataPlane } from "./data-plane.js";
import type { PartitionStateChecks } from "./partition-state.js";
import { RequestBatches } from "./request-batches.js";
import { RequestServer } from "./request-server.js";
import { RowRequests } from "./row-requests.js";
import type { NetworkSteps } from "./steps.js";

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

export class Connector {
  /** Channels that are dealt with in bulk. */
  readonly views: BulkViews;
  private readonly context: ControlContext;
  private readonly listener: ConnectorListener;
  private readonly connections: Connections;
  private readonly rowRequests: RowRequests;
  private readonly bulkRequests: BulkRequests;
  private readonly server: RequestServer;
  private readonly backOff: BackOff;
  private readonly chainNext: number;
  private readonly connectNs: (entity: number, index: number) => number;
  private readonly requestNs: (entity: number, index: number) => number;

  /**
   * @param survives consumers survive lost producers: they wait for word instead of failing
   * @param newestAttempt what the JobManager says of every task
   */
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
    this.listener = listener;
    const { sim, topology, cluster, config, draws } = context;
    this.chainNext = sim.defineKind(
      "partition-request-chain",
      PRIORITY.completion,
      (entity, edgeAt, producer, attempt) => this.onChain(entity - context.entities.task(0), edgeAt, producer, attempt),
    );
    this.connections = new Connections(cluster, topology.edges.length, config.engine.connectionPerEdge);
    const batches = new RequestBatches();
    this.views = new BulkViews(context, rows, steps, observer, this.connections);
    this.server = new RequestServer(context, rows, steps, batches, {
      requested: (row, consumerAttempt, producerAttempt, step) =>
        listener.requested(row, consumerAttempt, producerAttempt, step),
      refused: (row, producerAttempt, step) => listener.refused(row, producerAttempt, step),
      whenLoopResumes: (tm, retry) => listener.whenLoopResumes(tm, retry),
      notFound: (batch, fromNs, latencies, step) => this.backOff.notFound(batch, fromNs, latencies, step),
    });
    this.rowRequests = new RowRequests(
      context,
      rows,
      steps,
      this.views,
      this.connections,
      this.server,
      newestAttempt,
      (task, retry) => listener.whenTaskResumes(task, retry),
    );
    this.backOff = new BackOff(context, steps, batches, this.views, survives, {
      gaveUp: (consumer, step) => listener.gaveUp(consumer, step),
      retry: (batch, step) => (batch.bulk ? this.bulkRequests : this.rowRequests).retry(batch, step),
    });
    this.bulkRequests = new BulkRequests(context, this.views, this.rowRequests, this.backOff, newestAttempt);
    this.connectNs = draws.drawer("tcpConnect");
    this.requestNs = draws.drawer("partitionRequest");
  }

  attach(plane: DataPlane): void {
    this.views.attach(plane);
    this.server.attach(plane);
    this.rowRequests.attach(plane);
    this.bulkRequests.attach(plane);
  }

  /** Set once the JobManager exists. */
  set stateChecks(checks: PartitionStateChecks) {
    this.backOff.stateChecks = checks;
  }

  /** A new consumer attempt asks for all its partitions. */
  startChain(task: number, step: number): void {
    const { tasks, topology } = this.context;
    if (topology.inEdges[topology.taskVertex[task]!]!.length === 0) return;
    this.views.start(task, step);
    this.backOff.forget(task);
    this.onChain(task, 0, -1, tasks.attempt[task]!);
  }

  private onChain(consumer: number, edgeAt: number, from: number, attempt: number): void {
    const { topology, tasks, sim, entities } = this.context;
    const { views } = this;
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
        ? this.connectNs(consumer, producerTm)
        : 0;
    const requestNs = (next - first) * this.requestNs(consumer, producerTm);
    const leaveNs = sim.nowNs + connectNs + requestNs;
    views.chainConnectNs[consumer] = views.chainConnectNs[consumer]! + connectNs;
    views.chainRequestNs[consumer] = views.chainRequestNs[consumer]! + requestNs;
    if (views.connectsInBulk(consumer))
      this.bulkRequests.request(consumer, attempt, edge, first, next, producerTm, leaveNs);
    this.rowRequests.request(consumer, attempt, edge, first, next, producerTm, leaveNs);
    const moreHere = next < end;
    if (!moreHere) this.backOff.askAboutGathered(consumer, leaveNs);
    if (moreHere) sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt, next, attempt);
    else if (edgeAt + 1 < edges.length)
      sim.schedule(leaveNs, this.chainNext, entities.task(consumer), edgeAt + 1, -1, attempt);
  }

  /** As mails of the task thread; the rows are RECONNECTING, and know whom they ask. */
  reconnect(consumer: number, list: readonly number[], cause: number): void {
    this.rowRequests.reconnect(consumer, list, cause);
  }
}
