/**
 * The log of one source subtask as the outside world writes it, and what became of each record. Rows are kept from
 * the oldest record that may be read again, is under way or stands in a join's state. Fates are moved by the ledger.
 */
import { regrown } from "./rings.js";

/** Fate of a record: undecided, delivered, or FATE.lost + index of its RecordLossCause; plus REREAD if read again. */
export const FATE = { undecided: 0, delivered: 1, lost: 2, mask: 15 } as const;
export const REREAD = 16;
export const SEEN = 32;

export class SourceLog {
  /** Records appended so far, look-ahead included. */
  end = 0;
  /** First record whose row is kept. */
  tail = 0;
  /** First record with event time ≥ 0. */
  zero = 0;
  /** Next record that the source task takes; all before it are written, but for one that it may have in hand. */
  position = 0;
  /** 1 while the record before `position` waits inside emit. */
  inHand = 0;
  committed = 0;
  /** First record that is not produced yet, as far as somebody looked (timeline). */
  producedSeen = 0;

  eventNs: Float64Array<ArrayBuffer>;
  /** Tuple of the join this source feeds, −1: the record has no partner. */
  tuple: Int32Array<ArrayBuffer>;
  /** Copies of the record that stand in a join's state. */
  held: Uint16Array<ArrayBuffer>;
  /** Per stream of this source, side by side: fate, and copies under way. */
  fate: Uint8Array<ArrayBuffer>;
  live: Uint16Array<ArrayBuffer>;
  mask: number;
  readonly width: number;

  constructor(streams: number, capacity: number) {
    this.width = streams;
    this.mask = capacity - 1;
    this.eventNs = new Float64Array(capacity);
    this.tuple = new Int32Array(capacity);
    this.held = new Uint16Array(capacity);
    this.fate = new Uint8Array(capacity * streams);
    this.live = new Uint16Array(capacity * streams);
  }

  append(eventNs: number, tuple: number): void {
    if (this.end - this.tail > this.mask) this.grow();
    const row = this.end++ & this.mask;
    this.eventNs[row] = eventNs;
    this.tuple[row] = tuple;
    this.held[row] = 0;
    for (let k = 0; k < this.width; k++) {
      this.fate[row * this.width + k] = FATE.undecided;
      this.live[row * this.width + k] = 0;
    }
  }

  /** First offset ≥ tail whose event time is at least `ns`; `end` if the log has none. */
  firstAt(ns: number): number {
    let low = this.tail;
    let high = this.end;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.eventNs[middle & this.mask]! < ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    const { tail, end, width } = this;
    this.eventNs = regrown(this.eventNs, 1, capacity, tail, end);
    this.tuple = regrown(this.tuple, 1, capacity, tail, end);
    this.held = regrown(this.held, 1, capacity, tail, end);
    this.fate = regrown(this.fate, width, capacity, tail, end);
    this.live = regrown(this.live, width, capacity, tail, end);
    this.mask = capacity - 1;
  }
}
