/**
 * Partition requests for channels that have rows of their own: those of a new attempt's chain, those of a survivor after an
 * update RPC, and their retries. One batch per producer TaskManager and edge.
 */
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { TopologyEdge } from "../topology/topology.js";
import type { BulkViews } from "./bulk-views.js";
import { type ChannelRows, NONE } from "./channel-rows.js";
import type { Connections } from "./connections.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import type { Batch } from "./request-batches.js";
import type { RequestServer } from "./request-server.js";
import type { NetworkSteps } from "./steps.js";

const TCP_CONNECT = costIndex("tcpConnect");
const PARTITION_REQUEST = costIndex("partitionRequest");

export class RowRequests {
  private readonly context: ControlContext;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly views: BulkViews;
  private readonly connections: Connections;
  private readonly server: RequestServer;
  /** What the JobManager says of every task: a consumer's descriptors name these attempts, deployed or not. */
  private readonly newestAttempt: Int32Array;
  private readonly whenTaskResumes: (task: number, retry: () => void) => void;
  private plane!: DataPlane;
  private readonly stepRequest: number;
  private readonly connectNs: (entity: number, index: number) => number;
  private readonly requestNs: (entity: number, index: number) => number;

  constructor(
    context: ControlContext,
    rows: ChannelRows,
    steps: NetworkSteps,
    views: BulkViews,
    connections: Connections,
    server: RequestServer,
    newestAttempt: Int32Array,
    whenTaskResumes: (task: number, retry: () => void) => void,
  ) {
    this.context = context;
    this.rows = rows;
    this.steps = steps;
    this.views = views;
    this.connections = connections;
    this.server = server;
    this.newestAttempt = newestAttempt;
    this.whenTaskResumes = whenTaskResumes;
    this.stepRequest = context.log.kindId("partition-requests");
    this.connectNs = context.draws.drawer("tcpConnect");
    this.requestNs = context.draws.drawer("partitionRequest");
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  /** Asks for the channels that have a row of their own and have not been asked for yet. */
  request(
    consumer: number,
    attempt: number,
    edge: TopologyEdge,
    first: number,
    next: number,
    producerTm: number,
    leaveNs: number,
  ): void {
    const { topology, tasks, log } = this.context;
    const { rows } = this;
    const { chainStartNs, chainConnectNs, chainRequestNs, chainStep } = this.views;
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
    this.server.serve(
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

  /** As mails of the task thread; the rows are RECONNECTING, and know whom they ask. */
  reconnect(consumer: number, list: readonly number[], cause: number): void {
    const { tasks, sim, topology } = this.context;
    const { rows } = this;
    if (tasks.hung[consumer] === 1) {
      this.whenTaskResumes(consumer, () => {
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
          ? this.connectNs(consumer, producerTm)
          : 0;
      const requestNs = producers.length * this.requestNs(consumer, producerTm);
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
      this.server.serve(
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

  retry(batch: Batch, step: number): void {
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
    const requestNs = still.length * this.requestNs(consumer, batch.tries);
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
      this.server.serve(
        { ...batch, consumerTm: tasks.taskManager[consumer]!, producerTm, producers, asked, leaveNs },
        request,
      );
    }
  }
}
