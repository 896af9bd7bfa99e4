/**
 * The other end of partition requests for channels that have rows: they cross the link, the producer's Netty server loop
 * serves them, and what it finds decides: a view, PartitionNotFound, a refusal, or silence.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { TASK_STATE } from "../task-table.js";
import { type ChannelRows, NONE } from "./channel-rows.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import type { Batch, RequestBatches } from "./request-batches.js";
import type { NetworkSteps } from "./steps.js";

export interface RequestServerListener {
  /** The producer's server loop serves a PartitionRequest for one of its partitions. */
  requested(row: number, consumerAttempt: number, producerAttempt: number, step: number): void;
  /** The producer's attempt that was asked is gone, and the consumer learns it. */
  refused(row: number, producerAttempt: number, step: number): void;
  /** The event loop that should serve hangs: `retry` is called when it goes on. */
  whenLoopResumes(taskManager: number, retry: () => void): void;
  /** Some of the batch were not found; the answer is `latencies` links away from the consumer. */
  notFound(batch: Batch, fromNs: number, latencies: number, step: number): void;
}

export class RequestServer {
  private readonly context: ControlContext;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly batches: RequestBatches;
  private readonly listener: RequestServerListener;
  private plane!: DataPlane;
  private readonly batchServed: number;
  private readonly stepServe: number;
  private readonly serveNs: (entity: number, index: number) => number;

  constructor(
    context: ControlContext,
    rows: ChannelRows,
    steps: NetworkSteps,
    batches: RequestBatches,
    listener: RequestServerListener,
  ) {
    this.context = context;
    this.rows = rows;
    this.steps = steps;
    this.batches = batches;
    this.listener = listener;
    this.stepServe = context.log.kindId("partition-request-served");
    this.batchServed = context.sim.defineKind("partition-request-served", PRIORITY.completion, (_e, batch, _b, step) =>
      this.onBatchServed(batch, step),
    );
    this.serveNs = context.draws.drawer("partitionRequestServe");
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  /** The requests leave the consumer; the producer's server loop serves them. */
  serve(batch: Batch, cause: number): void {
    const { sim, entities, links } = this.context;
    const { consumer, leaveNs, consumerTm, producerTm } = batch;
    const id = this.batches.keep(batch);
    if (consumerTm === producerTm) {
      sim.schedule(leaveNs, this.batchServed, entities.task(consumer), id, 0, cause);
      return;
    }
    if (links.up(consumerTm, producerTm)) this.serveRemote(id, leaveNs, cause);
    else links.send(consumerTm, producerTm, 0, (arrivesNs) => this.serveRemote(id, arrivesNs, cause));
  }

  private serveRemote(id: number, leaveNs: number, cause: number): void {
    const { sim, entities, cluster } = this.context;
    const { consumer, producers, consumerTm, producerTm, edge } = this.batches.at(id);
    const { arrivesNs, step: wire } = this.steps.wire(PHASE.connect, consumer, leaveNs, cause);
    const serveNs = producers.length * this.serveNs(consumer, producerTm);
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
    const batch = this.batches.take(id);
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
        this.rows.missedAttempt[row] = asked;
        notFound.push(p);
      }
    });
    if (notFound.length > 0) this.listener.notFound({ ...batch, producers: notFound, asked: [] }, sim.nowNs, 1, step);
  }
}
