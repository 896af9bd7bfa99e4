/**
 * Protocol state of touched channels: one row per channel whose producer or consumer was lost while others survive
 * (`model.md` §2). Columns and look-up only; the transitions are `subpartition.ts` and `input-channel.ts`.
 */
import { longer } from "../columns.js";
import { consumersOf, producersOf, type Topology } from "../topology/topology.js";

/** No attempt. */
export const NONE = -1;

export class ChannelRows {
  length = 0;
  private capacity = 1024;
  edge = new Int32Array(this.capacity);
  /** Job-wide task ids. */
  producer = new Int32Array(this.capacity);
  consumer = new Int32Array(this.capacity);
  subpartition = new Uint8Array(this.capacity);
  channel = new Uint8Array(this.capacity);
  /** Consumer attempt that holds the view registered last with the newest producer attempt. */
  viewAttempt = new Int32Array(this.capacity);
  /** Newest consumer attempt whose end the sender has seen. */
  closedAttempt = new Int32Array(this.capacity);
  /** Counts changes of the flag, so that the task thread never sees an older value after a newer one. */
  flagVersion = new Int32Array(this.capacity);
  /** Producer attempt that the channel reads from, and the one it asks. */
  readsAttempt = new Int32Array(this.capacity);
  askedAttempt = new Int32Array(this.capacity);
  /** Attempt that was asked for last and not found; an update for an older one is stale. */
  missedAttempt = new Int32Array(this.capacity);
  /** Producer attempt of the cached update. */
  cachedAttempt = new Int32Array(this.capacity);
  /** Producer attempt in the last update RPC that left the JobManager. */
  toldAttempt = new Int32Array(this.capacity);
  /** 1 while the newest attempts at both ends are joined by a registered view. */
  registered = new Uint8Array(this.capacity);
  /** 1 while the consumer connects in bulk and this channel is counted there. */
  inBulk = new Uint8Array(this.capacity);
  timer = new Float64Array(this.capacity);

  private readonly byKey = new Map<number, number>();
  /** Rows by task, as consumer and as producer. */
  private readonly ofConsumer = new Map<number, number[]>();
  private readonly ofProducer = new Map<number, number[]>();
  private readonly topology: Topology;
  private readonly tasks: number;

  constructor(topology: Topology) {
    this.topology = topology;
    this.tasks = topology.tasks;
  }

  /** Row of a channel, −1 if it was never touched. Ends are job-wide task ids. */
  find(edge: number, producer: number, consumer: number): number {
    return this.byKey.get((edge * this.tasks + producer) * this.tasks + consumer) ?? -1;
  }
  rowsOfConsumer(task: number): readonly number[] {
    return this.ofConsumer.get(task) ?? [];
  }
  rowsOfProducer(task: number): readonly number[] {
    return this.ofProducer.get(task) ?? [];
  }

  /** Makes rows for every channel of a task; those that exist stay as they are. */
  touch(task: number, attemptOf: Int32Array, inBulk: (consumer: number) => boolean): void {
    const { topology } = this;
    const vertex = topology.taskVertex[task]!;
    const subtask = topology.taskSubtask[task]!;
    for (const edge of topology.outEdges[vertex]!) {
      const { first, count } = consumersOf(edge, subtask);
      const base = topology.taskBase[edge.to]!;
      for (let c = first; c < first + count; c++) this.add(edge.index, task, base + c, attemptOf, inBulk(base + c));
    }
    for (const edge of topology.inEdges[vertex]!) {
      const { first, count } = producersOf(edge, subtask);
      const base = topology.taskBase[edge.from]!;
      for (let p = first; p < first + count; p++) this.add(edge.index, base + p, task, attemptOf, inBulk(task));
    }
  }

  private add(edge: number, producer: number, consumer: number, attemptOf: Int32Array, inBulk: boolean): void {
    const key = (edge * this.tasks + producer) * this.tasks + consumer;
    if (this.byKey.has(key)) return;
    if (this.length === this.capacity) this.grow();
    const row = this.length++;
    this.edge[row] = edge;
    this.producer[row] = producer;
    this.consumer[row] = consumer;
    this.viewAttempt[row] = attemptOf[consumer]!;
    this.closedAttempt[row] = NONE;
    this.readsAttempt[row] = attemptOf[producer]!;
    this.askedAttempt[row] = NONE;
    this.missedAttempt[row] = NONE;
    this.cachedAttempt[row] = NONE;
    this.toldAttempt[row] = attemptOf[producer]!;
    this.registered[row] = 1;
    this.inBulk[row] = inBulk ? 1 : 0;
    this.timer[row] = -1;
    this.byKey.set(key, row);
    append(this.ofConsumer, consumer, row);
    append(this.ofProducer, producer, row);
  }

  private grow(): void {
    this.capacity *= 2;
    this.edge = longer(this.edge, this.capacity);
    this.producer = longer(this.producer, this.capacity);
    this.consumer = longer(this.consumer, this.capacity);
    this.subpartition = longer(this.subpartition, this.capacity);
    this.channel = longer(this.channel, this.capacity);
    this.viewAttempt = longer(this.viewAttempt, this.capacity);
    this.closedAttempt = longer(this.closedAttempt, this.capacity);
    this.flagVersion = longer(this.flagVersion, this.capacity);
    this.readsAttempt = longer(this.readsAttempt, this.capacity);
    this.askedAttempt = longer(this.askedAttempt, this.capacity);
    this.missedAttempt = longer(this.missedAttempt, this.capacity);
    this.cachedAttempt = longer(this.cachedAttempt, this.capacity);
    this.toldAttempt = longer(this.toldAttempt, this.capacity);
    this.registered = longer(this.registered, this.capacity);
    this.inBulk = longer(this.inBulk, this.capacity);
    this.timer = longer(this.timer, this.capacity);
  }
}

function append(lists: Map<number, number[]>, key: number, row: number): void {
  const list = lists.get(key);
  if (list) list.push(row);
  else lists.set(key, [row]);
}
