/** What channels apart and held quanta need of the sources; `sources.ts` is it. Breaks the circle between them. */
export interface SourceDoor {
  /** Originals emitted so far = flushed offset + shift. */
  readonly shift: Int32Array;
  /** A quantum of `count` records leaves source `s` on TaskManager `from` for a consumer on `to`. */
  put(q: number, s: number, groupIndex: number, from: number, to: number, count: number): void;
  send(
    s: number,
    group: number,
    turn: number,
    flushNs: number,
    firstNs: number,
    spanNs: number,
    bin: number,
    count0: number,
    count1: number,
    end: number,
    flags: number,
  ): void;
  /** Visits the parts of an offset range by event bin. */
  pieces(s: number, from: number, to: number, visit: (bin: number, from: number, to: number) => void): void;
}
