/** Doubling of typed columns: the only allocation that the kernel does while it runs. */

/** A column of `length` elements that starts with the contents of `column`; the rest is 0. */
export function grown(column: Float64Array, length: number): Float64Array;
export function grown(column: Int32Array, length: number): Int32Array;
export function grown(column: Float64Array | Int32Array, length: number): Float64Array | Int32Array {
  const larger = column instanceof Float64Array ? new Float64Array(length) : new Int32Array(length);
  larger.set(column);
  return larger;
}
