/** Doubling of typed columns: the only allocation that the kernel does while it runs. */

type Column = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A column of `capacity` elements that starts with the contents of `column`; the rest is 0. */
export function grown<T extends Column>(column: T, capacity: number): T {
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(capacity);
  larger.set(column);
  return larger;
}

/** The smallest doubling of `capacity` that is larger than `index`. */
export function capacityFor(index: number, capacity: number): number {
  let result = Math.max(1, capacity);
  while (result <= index) result *= 2;
  return result;
}
