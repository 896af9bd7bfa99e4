/** Columns of integers as short text: delta-coded, zigzagged, base-128 varints, base64. The page decodes them with the same code. */

/** Delta, zigzag, varint, base64. Values must be integers below 2^52 in size. */
export function encodeIntegers(values: ArrayLike<number>): string {
  const bytes: number[] = [];
  let previous = 0;
  for (let index = 0; index < values.length; index++) {
    const value = Math.round(values[index] as number);
    const delta = value - previous;
    previous = value;
    let rest = delta < 0 ? -2 * delta - 1 : 2 * delta;
    while (rest >= 128) {
      bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.slice(at, at + 8192));
  return btoa(text);
}

/** The inverse of `encodeIntegers`. */
export function decodeIntegers(base64: string): number[] {
  const text = atob(base64);
  const values: number[] = [];
  let previous = 0;
  let rest = 0;
  let factor = 1;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    rest += (byte % 128) * factor;
    if (byte >= 128) {
      factor *= 128;
      continue;
    }
    previous += rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
    values.push(previous);
    rest = 0;
    factor = 1;
  }
  return values;
}
