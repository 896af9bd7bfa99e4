/** Rings of typed columns addressed by an ever-growing number (a log offset, a tuple id): growth keeps contents. */

type Ring = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A ring of `capacity` (a power of two) rows that holds rows tail … end−1 of the old one at their new places. */
export function regrown<T extends Ring>(ring: T, rowWidth: number, capacity: number, tail: number, end: number): T {
  const Constructor = ring.constructor as new (length: number) => T;
  const larger = new Constructor(capacity * rowWidth);
  const oldMask = ring.length / rowWidth - 1;
  const newMask = capacity - 1;
  for (let row = tail; row < end; row++) {
    const from = (row & oldMask) * rowWidth;
    const to = (row & newMask) * rowWidth;
    for (let i = 0; i < rowWidth; i++) larger[to + i] = ring[from + i]!;
  }
  return larger;
}

/** Rows for a start that holds what is expected: growth stays rare. */
export function powerOfTwo(expected: number): number {
  let capacity = 64;
  while (capacity < expected && capacity < 2 ** 24) capacity *= 2;
  return capacity;
}
