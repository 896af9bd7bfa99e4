/**
 * PartitionNotFound: the JobManager is asked (`partition-state.ts`), then the consumer waits, each time twice as long, and
 * asks again. Consumers that survive lost producers never give up: they wait for the update.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { TASK_STATE } from "../task-table.js";
import type { BulkViews } from "./bulk-views.js";
import type { PartitionStateChecks } from "./partition-state.js";
import type { Batch, RequestBatches } from "./request-batches.js";
import type { NetworkSteps } from "./steps.js";

const PARTITION_REQUEST = costIndex("partitionRequest");
const BACKOFF = costIndex("backoff");
/** How many questions about missing partitions a consumer has under way at most, per edge. */
const ASKS_PER_EDGE = 16;

export interface BackOffListener {
  /** PartitionNotFound until the back-off was used up. */
  gaveUp(consumer: number, step: number): void;
  /** The time is over, and the attempt still runs: it asks again. */
  retry(batch: Batch, step: number): void;
}

export class BackOff {
  private readonly context: ControlContext;
  private readonly steps: NetworkSteps;
  private readonly batches: RequestBatches;
  private readonly views: BulkViews;
  private readonly survives: boolean;
  private readonly listener: BackOffListener;
  /** Set once the JobManager exists. */
  stateChecks!: PartitionStateChecks;
  private readonly retryDue: number;
  private readonly stepBackoff: number;
  /** Per consumer: requests of its chain that found nobody and are not asked about yet. */
  private readonly gathered = new Map<
    number,
    { readonly batch: Batch; readonly producers: number[]; requests: number }
  >();
  /** Runs of producers, by the first and how many. */
  private readonly ranges = new Map<number, readonly number[]>();

  /** @param survives consumers survive lost producers: they wait for word instead of failing */
  constructor(
    context: ControlContext,
    steps: NetworkSteps,
    batches: RequestBatches,
    views: BulkViews,
    survives: boolean,
    listener: BackOffListener,
  ) {
    this.context = context;
    this.steps = steps;
    this.batches = batches;
    this.views = views;
    this.survives = survives;
    this.listener = listener;
    this.stepBackoff = context.log.kindId("partition-request-backoff");
    this.retryDue = context.sim.defineKind("partition-request-retry", PRIORITY.timer, (_e, batch, _b, step) =>
      this.onRetry(batch, step),
    );
  }

  /** A new chain of requests begins: what the one before it has gathered is nobody's. */
  forget(consumer: number): void {
    this.gathered.delete(consumer);
  }

  /**
   * Requests of one chain that found nobody go on as one, so that a consumer has a few dozen of them under way, however
   * large the job: an answer comes up to 1/16 of the chain late. With up to 16 TaskManagers each goes on by itself.
   */
  gather(batch: Batch): void {
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

  askAboutGathered(consumer: number, leaveNs: number): void {
    const found = this.gathered.get(consumer);
    if (found === undefined) return;
    this.gathered.delete(consumer);
    const batch = { ...found.batch, producers: this.shared(found.producers), leaveNs };
    this.notFound(batch, leaveNs, 2, this.views.requestsUpTo(leaveNs, consumer));
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
  notFound(batch: Batch, fromNs: number, latencies: number, cause: number): void {
    const { config, sim } = this.context;
    let atNs = fromNs;
    let step = cause;
    for (let i = 0; i < latencies && batch.consumerTm !== batch.producerTm; i++) {
      step = this.steps.wire(PHASE.connect, batch.consumer, atNs, step).step;
      atNs += config.cluster.linkLatencyNs;
    }
    this.stateChecks.ask(batch.consumer, batch.producers.length, atNs, step, (answered) =>
      this.wait(batch, sim.nowNs, answered),
    );
  }

  /** From `nowNs` on, or once a request of `askNs` has left that nobody answers. */
  wait(batch: Batch, nowNs: number, cause: number, askNs = 0): void {
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
    const id = this.batches.keep(batch);
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
    const batch = this.batches.take(id);
    const { tasks } = this.context;
    const { consumer } = batch;
    if (tasks.attempt[consumer] !== batch.attempt || tasks.state[consumer] !== TASK_STATE.running) return;
    this.listener.retry(batch, step);
  }
}
