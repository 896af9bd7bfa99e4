/**
 * The tuples of one join: for each the inputs' records (where they stand), and what became of the match. A ring by
 * tuple id; a row lives as long as one of its records' log rows. Decides match and miss; counts nothing itself.
 * A record that was broadcast counts as present everywhere from its first copy until its last one is gone: the death
 * of one of its holders alone makes no miss.
 */
import { regrown } from "./rings.js";

/** Match of a tuple: open, emitted, TUPLE.missed + index of its MatchMissCause, void (a partner is filtered away), or emitted by the join and on its way to the sink. */
export const TUPLE = { open: 0, emitted: 1, missed: 2, void: 6, travelling: 7 } as const;
export const MISSED = { inputLost: 2, stateLost: 3, late: 4, outputLost: 5 } as const;

/** Place of one record of a tuple. */
const PLACE = { absent: 0, present: 1, lost: 2, died: 3, expired: 4 } as const;
/** Holder of a record that was broadcast to all subtasks. */
export const EVERYWHERE = 0xffff;

export class TupleTable {
  readonly inputs: number;
  end = 0;
  tail = 0;
  mask: number;
  place: Uint8Array<ArrayBuffer>;
  /** Join subtask in whose state the record stands. */
  holder: Uint16Array<ArrayBuffer>;
  /** Event time of the latest record appended so far. */
  lastEventNs: Float64Array<ArrayBuffer>;
  status: Uint8Array<ArrayBuffer>;
  /** Records appended to a log / records whose log row is gone. */
  appended: Uint8Array<ArrayBuffer>;
  retired: Uint8Array<ArrayBuffer>;
  /** Copies of the match under way behind the join. */
  travelling: Uint16Array<ArrayBuffer>;
  /** 1 if the join has emitted the match again. */
  repeated: Uint8Array<ArrayBuffer>;
  /** Seen by the walk at the end of the run. */
  seen: Uint8Array<ArrayBuffer>;

  constructor(inputs: number, capacity: number) {
    this.inputs = inputs;
    this.mask = capacity - 1;
    this.place = new Uint8Array(capacity * inputs);
    this.holder = new Uint16Array(capacity * inputs);
    this.lastEventNs = new Float64Array(capacity);
    this.status = new Uint8Array(capacity);
    this.appended = new Uint8Array(capacity);
    this.retired = new Uint8Array(capacity);
    this.travelling = new Uint16Array(capacity);
    this.repeated = new Uint8Array(capacity);
    this.seen = new Uint8Array(capacity);
  }

  create(): number {
    if (this.end - this.tail > this.mask) this.grow();
    const id = this.end++;
    const row = id & this.mask;
    for (let i = 0; i < this.inputs; i++) this.place[row * this.inputs + i] = PLACE.absent;
    this.lastEventNs[row] = Number.NEGATIVE_INFINITY;
    this.status[row] = TUPLE.open;
    this.appended[row] = 0;
    this.retired[row] = 0;
    this.travelling[row] = 0;
    this.repeated[row] = 0;
    this.seen[row] = 0;
    return id;
  }

  /** A record of the tuple got its event time. */
  append(id: number, eventNs: number): void {
    const row = id & this.mask;
    this.appended[row]!++;
    if (eventNs > this.lastEventNs[row]!) this.lastEventNs[row] = eventNs;
  }

  /**
   * The record of `input` enters the state of join subtask `holder`. True if it meets all its partners there (the
   * caller tells a first match from a repeated one by `status`). A record that was `broadcast` stands everywhere.
   */
  arrive(id: number, input: number, holder: number, broadcast: boolean): boolean {
    const row = id & this.mask;
    const base = row * this.inputs;
    const at = base + input;
    this.place[at] = PLACE.present;
    this.holder[at] = broadcast ? EVERYWHERE : holder;
    let absent = false;
    let apart = false;
    let late = false;
    for (let i = 0; i < this.inputs; i++) {
      if (i === input) continue;
      const place = this.place[base + i]!;
      const there = this.holder[base + i]! === holder || this.holder[base + i]! === EVERYWHERE;
      if (place === PLACE.absent) absent = true;
      else if (place !== PLACE.present) {
        apart = true;
        late ||= there || !broadcast;
      } else if (!there) {
        apart = true;
        late ||= !broadcast;
      }
    }
    if (absent) return false;
    if (!apart) return true;
    // All have been there, not together: whoever came first had left. Copies for other subtasks say nothing.
    if (late && this.status[row] === TUPLE.open) this.status[row] = MISSED.late;
    return false;
  }

  /** The last copy of the record leaves the state by age, or with a state that had matched it. */
  expire(id: number, input: number): void {
    const at = (id & this.mask) * this.inputs + input;
    if (this.place[at] === PLACE.present) this.place[at] = PLACE.expired;
  }

  /** The record's last copy is lost (`died`: with a state that held it). */
  lost(id: number, input: number, died: boolean): void {
    const row = id & this.mask;
    const at = row * this.inputs + input;
    this.place[at] = died ? PLACE.died : PLACE.lost;
    if (this.status[row] === TUPLE.open) this.status[row] = died ? MISSED.stateLost : MISSED.inputLost;
  }

  /** The record is read again: what its loss had decided is open again, unless a partner's loss decides it too. */
  back(id: number, input: number): void {
    const row = id & this.mask;
    const base = row * this.inputs;
    const at = base + input;
    if (this.place[at] !== PLACE.present) this.place[at] = PLACE.absent;
    const status = this.status[row]!;
    if (status < TUPLE.missed || status > MISSED.late) return;
    this.status[row] = TUPLE.open;
    for (let i = 0; i < this.inputs; i++) {
      const place = this.place[base + i]!;
      if (place === PLACE.lost) this.status[row] = MISSED.inputLost;
      else if (place === PLACE.died) this.status[row] = MISSED.stateLost;
    }
  }

  matched(id: number): boolean {
    const status = this.status[id & this.mask]!;
    return status === TUPLE.emitted || status === TUPLE.travelling || status === MISSED.outputLost;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    const { tail, end, inputs } = this;
    this.place = regrown(this.place, inputs, capacity, tail, end);
    this.holder = regrown(this.holder, inputs, capacity, tail, end);
    this.lastEventNs = regrown(this.lastEventNs, 1, capacity, tail, end);
    this.status = regrown(this.status, 1, capacity, tail, end);
    this.appended = regrown(this.appended, 1, capacity, tail, end);
    this.retired = regrown(this.retired, 1, capacity, tail, end);
    this.travelling = regrown(this.travelling, 1, capacity, tail, end);
    this.repeated = regrown(this.repeated, 1, capacity, tail, end);
    this.seen = regrown(this.seen, 1, capacity, tail, end);
    this.mask = capacity - 1;
  }
}
