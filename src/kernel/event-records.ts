/**
 * The pending events as 32-byte records in one typed buffer, and the order among those of equal time. Owns slots,
 * handles and the free list; knows nothing of how the events are queued.
 *
 * One record is half a cache line, so handling an event touches memory once. A handle is a slot and the sequence
 * number of its event, so one whose event is over finds another number there, or a dead record.
 */
import { assert } from "./assert.js";
import { grown } from "./growable.js";

// Not exported: the compiler folds constants of its own module only. A record is 8 words (slot << 3); words 0 and 1
// are the time as a double (slot << 2).
const ENTITY = 2;
/** Kind in the lower 15 bits, then the mark of a dead event, then the upper 16 bits of the sequence. */
const KIND = 3;
const SEQUENCE = 4;
const ARGUMENT_A = 5;
const ARGUMENT_B = 6;
const ARGUMENT_C = 7;
const INITIAL_CAPACITY = 1024;
const KIND_MASK = 0x7fff;
/** A cancelled event's record stays, with its place in the order, until the queue comes across it. Also: free. */
const DEAD = 0x8000;
const SLOT_LIMIT = 2 ** 25;
/** Lower bits of the sequence in a handle: a stale one could be mistaken only 2^28 events later, to the event. */
const HANDLE_SEQUENCE_MASK = 2 ** 28 - 1;

export const MAX_KINDS = KIND_MASK + 1;

/** Order of an entity among same-time ones: itself for salt 0, else a salted permutation of the 32-bit numbers. */
export function tieKey(entity: number, salt: number): number {
  if (salt === 0) return entity;
  let key = entity ^ salt;
  key = Math.imul(key ^ (key >>> 16), 0x21f0aaad);
  key = Math.imul(key ^ (key >>> 15) ^ salt, 0x735a2d97);
  return (key ^ (key >>> 15)) >>> 0;
}

export class EventRecords {
  readonly priorityOfKind = new Uint8Array(MAX_KINDS);
  private words: Int32Array = new Int32Array(INITIAL_CAPACITY << 3);
  private times: Float64Array = new Float64Array(this.words.buffer);
  private capacity = INITIAL_CAPACITY;
  /** Slot 0 is never used, so that no handle is 0. */
  private used = 1;
  /** First free slot, linked through the ENTITY word; -1 if all are in use. */
  private freeHead = -1;
  declare private readonly salt: number;
  /**
   * Counts all events. It only ever decides between two events of one entity, where it equals a count per entity.
   * 48 bits: the upper half is kept ready in the place where the KIND word wants it.
   */
  private sequence = 0;
  private sequenceHigh = 0;

  constructor(salt: number) {
    this.salt = salt;
    this.words[KIND] = DEAD;
  }

  get slotCapacity(): number {
    return this.capacity;
  }

  /** Takes a slot and fills its record. */
  create(timeNs: number, kind: number, entity: number, a: number, b: number, c: number): number {
    let slot = this.freeHead;
    if (slot < 0) slot = this.growOne();
    const at = slot << 3;
    const { words, sequence } = this;
    this.freeHead = words[at + ENTITY]!;
    this.times[slot << 2] = timeNs;
    words[at + ENTITY] = entity;
    words[at + KIND] = kind | this.sequenceHigh;
    words[at + SEQUENCE] = sequence;
    words[at + ARGUMENT_A] = a;
    words[at + ARGUMENT_B] = b;
    words[at + ARGUMENT_C] = c;
    this.sequence = (sequence + 1) | 0;
    if (sequence === -1) this.sequenceHigh += 0x10000;
    return slot;
  }

  timeOf(slot: number): number {
    return this.times[slot << 2]!;
  }

  kindOf(slot: number): number {
    return this.words[(slot << 3) + KIND]! & KIND_MASK;
  }

  entityOf(slot: number): number {
    return this.words[(slot << 3) + ENTITY]!;
  }

  argumentA(slot: number): number {
    return this.words[(slot << 3) + ARGUMENT_A]!;
  }

  argumentB(slot: number): number {
    return this.words[(slot << 3) + ARGUMENT_B]!;
  }

  argumentC(slot: number): number {
    return this.words[(slot << 3) + ARGUMENT_C]!;
  }

  isDead(slot: number): boolean {
    return (this.words[(slot << 3) + KIND]! & DEAD) !== 0;
  }

  /** Makes the event a dead one; its slot stays taken until the queue releases it. */
  markDead(slot: number): void {
    this.words[(slot << 3) + KIND]! |= DEAD;
  }

  /** Gives the slot back; handles to it are stale from now on. */
  release(slot: number): void {
    const at = slot << 3;
    const { words } = this;
    words[at + KIND] = DEAD;
    words[at + ENTITY] = this.freeHead;
    this.freeHead = slot;
  }

  handleOf(slot: number): number {
    return (this.words[(slot << 3) + SEQUENCE]! & HANDLE_SEQUENCE_MASK) * SLOT_LIMIT + slot;
  }

  /** The slot of a pending event's handle, else -1. */
  slotOf(handle: number): number {
    const slot = handle % SLOT_LIMIT;
    return slot < this.used && !this.isDead(slot) && this.handleOf(slot) === handle ? slot : -1;
  }

  /** Whether x comes before y, two different events of equal time: priority, entity, scheduling order. */
  tieBefore(x: number, y: number): boolean {
    const { words, salt } = this;
    const atX = x << 3;
    const atY = y << 3;
    const kindX = words[atX + KIND]!;
    const kindY = words[atY + KIND]!;
    const byPriority = this.priorityOfKind[kindX & KIND_MASK]! - this.priorityOfKind[kindY & KIND_MASK]!;
    if (byPriority !== 0) return byPriority < 0;
    const entityX = words[atX + ENTITY]!;
    const entityY = words[atY + ENTITY]!;
    if (entityX !== entityY) return salt === 0 ? entityX < entityY : tieKey(entityX, salt) < tieKey(entityY, salt);
    const byHigh = (kindX >>> 16) - (kindY >>> 16);
    if (byHigh !== 0) return byHigh < 0;
    return words[atX + SEQUENCE]! >>> 0 < words[atY + SEQUENCE]! >>> 0;
  }

  /** A never used slot whose free link ends the list; doubles the columns when they are full. */
  private growOne(): number {
    if (this.used === this.capacity) {
      this.capacity *= 2;
      assert(this.capacity <= SLOT_LIMIT, "more events are pending than handles can tell apart");
      this.words = grown(this.words, this.capacity << 3);
      this.times = new Float64Array(this.words.buffer);
    }
    this.words[(this.used << 3) + ENTITY] = -1;
    return this.used++;
  }
}
