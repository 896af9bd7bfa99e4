/**
 * The future event set in its plainest form: a binary heap of objects with one comparator. It exists for the
 * property tests that compare the fast queue with it; nothing else uses it.
 */

/** An event by its sort key: time, priority, tie key of the entity, scheduling order. */
export interface ReferenceEvent {
  readonly timeNs: number;
  readonly priority: number;
  readonly tieKey: number;
  readonly sequence: number;
}

function before(x: ReferenceEvent, y: ReferenceEvent): boolean {
  if (x.timeNs !== y.timeNs) return x.timeNs < y.timeNs;
  if (x.priority !== y.priority) return x.priority < y.priority;
  if (x.tieKey !== y.tieKey) return x.tieKey < y.tieKey;
  return x.sequence < y.sequence;
}

export class ReferenceHeap<E extends ReferenceEvent> {
  private readonly heap: E[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(event: E): void {
    const { heap } = this;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  pop(): E | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  peek(): E | undefined {
    return this.heap[0];
  }
}
