/** A series as one line of block characters. Pure text; the caller chooses the window. */
const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/**
 * `width` cells over `values`, each the mean of its part, against `full` (what the highest block stands for).
 * Anything above zero shows at least the lowest block, so that "nothing" is told from "little".
 */
export function sparkline(values: ArrayLike<number>, width: number, full: number): string {
  if (values.length === 0 || full <= 0) return "";
  const cells = Math.min(width, values.length);
  let line = "";
  for (let cell = 0; cell < cells; cell++) {
    const from = Math.floor((cell * values.length) / cells);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * values.length) / cells));
    let sum = 0;
    for (let at = from; at < to; at++) sum += values[at] as number;
    const share = sum / (to - from) / full;
    const level = share <= 0 ? 0 : Math.min(8, Math.max(1, Math.round(share * 8)));
    line += BLOCKS[level];
  }
  return line;
}
