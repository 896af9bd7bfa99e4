/**
 * On which TaskManagers sources and consumers are, and what follows: which channels are local, and what a quantum needs
 * to know of where it came from. Changes with attempts only.
 */
import type { PlaneContext } from "../data-plane.js";
import type { Layout } from "./layout.js";
import { placeOf } from "./source-place.js";

export abstract class Places {
  readonly context: PlaneContext;
  readonly layout: Layout;
  readonly sourceTm: Int32Array;
  readonly sourceAttempt: Uint8Array;
  /** Attempt, group and TaskManager (`source-place.ts`). */
  readonly sourcePlace: Int32Array;
  /** Share of a source's channels that leave its TaskManager. */
  readonly remoteShare: Float64Array;
  readonly consumerTm: Int32Array;
  /** Consumers of a sink group on a TaskManager, by TaskManager × 256 + sink. */
  private readonly consumersOn = new Map<number, number>();

  constructor(context: PlaneContext, layout: Layout) {
    this.context = context;
    this.layout = layout;
    const { sources } = layout;
    this.sourceTm = layout.sourceTask.map((task) => context.tasks.taskManager[task]!);
    this.sourceAttempt = new Uint8Array(sources);
    this.sourcePlace = new Int32Array(sources);
    this.remoteShare = new Float64Array(sources);
    this.consumerTm = layout.consumerTask.map((task) => context.tasks.taskManager[task]!);
  }

  /** Columns by TaskManager reach to `tm` from now on. */
  abstract needTaskManager(tm: number): void;

  protected placeAll(): void {
    const { sources, consumers } = this.layout;
    for (let c = 0; c < consumers; c++) this.countConsumer(c, 1);
    for (let s = 0; s < sources; s++) this.placeSource(s);
  }

  /** A new attempt of the source counts from now on. */
  countAttempt(s: number): void {
    this.sourceAttempt[s] = this.sourceAttempt[s]! + 1;
    this.notePlace(s);
  }

  private notePlace(s: number): void {
    this.sourcePlace[s] = placeOf(this.sourceTm[s]!, this.layout.groupOfSource[s]!, this.sourceAttempt[s]!);
  }

  /** The source's newest attempt is on the TaskManager that the task table says. */
  placeSource(s: number): void {
    const { layout, context } = this;
    const tm = context.tasks.taskManager[layout.sourceTask[s]!]!;
    this.needTaskManager(tm);
    this.sourceTm[s] = tm;
    this.notePlace(s);
    const group = layout.groups[layout.groupOfSource[s]!]!;
    const first = layout.firstConsumer[s]!;
    const count = layout.consumerCount[s]!;
    let local = 0;
    if (group.edge.allToAll) {
      local = this.localShare(group.sink, tm);
    } else {
      for (let c = first; c < first + count; c++) if (this.consumerTm[c] === tm) local += 1 / count;
    }
    this.remoteShare[s] = 1 - local;
  }

  placeConsumer(c: number): void {
    const tm = this.context.tasks.taskManager[this.layout.consumerTask[c]!]!;
    this.needTaskManager(tm);
    this.countConsumer(c, -1);
    this.consumerTm[c] = tm;
    this.countConsumer(c, 1);
  }

  private localShare(sink: number, tm: number): number {
    return (this.consumersOn.get(tm * 256 + sink) ?? 0) / this.layout.sinks[sink]!.consumers;
  }

  private countConsumer(c: number, change: number): void {
    const key = this.consumerTm[c]! * 256 + this.layout.sinkOfConsumer[c]!;
    this.consumersOn.set(key, (this.consumersOn.get(key) ?? 0) + change);
  }
}
