/** Growth of typed columns of any element type; the hot queue of the kernel has its own, specialised one. */
type Column =
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** A column of `length` elements that starts with the contents of `column`; the rest is 0. */
export function longer<T extends Column>(column: T, length: number): T {
  const Constructor = column.constructor as new (length: number) => T;
  const result = new Constructor(length);
  result.set(column as never);
  return result;
}
