/** Doubling of typed columns: the only allocation that the kernel does while it runs. */

/** A column of `length` elements that starts with the contents of `column`; the rest is 0. */
export function grown(column: Float64Array, length: number): Float64Array;
export function grown(column: Int32Array, length: number): Int32Array;
export function grown(column: Uint32Array, length: number): Uint32Array;
export function grown(column: Uint16Array, length: number): Uint16Array;
export function grown(column: Uint8Array, length: number): Uint8Array;
export function grown(
  column: Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array,
  length: number,
): Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array {
  const Column = column.constructor as new (length: number) => typeof column;
  const larger = new Column(length);
  larger.set(column);
  return larger;
}

/** The smallest doubling of `capacity` that is larger than `index`. */
export function capacityFor(index: number, capacity: number): number {
  let result = Math.max(1, capacity);
  while (result <= index) result *= 2;
  return result;
}
