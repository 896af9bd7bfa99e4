/**
 * Puts the slices of one thread on lanes so that on each lane they nest or follow one another, as the viewer demands.
 * Slices come by their start. Owns the drawn times: a slice of no length is drawn one nanosecond long, and one that
 * would begin with it begins after it.
 */

export interface Placed {
  /** From 0. */
  readonly lane: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** Slices that are open, the innermost last; a long row of them that have ended is cut off. */
interface Lane {
  readonly open: { readonly endNs: number; readonly isInstant: boolean }[];
  lastStartNs: number;
}

export class Lanes {
  readonly #lanes: Lane[] = [];

  /** @param earliestNs its cause is drawn there */
  place(startNs: number, endNs: number, earliestNs: number): Placed {
    for (let index = 0; ; index++) {
      const lane: Lane = this.#lanes[index] ?? { open: [], lastStartNs: 0 };
      const drawnNs = fitting(lane, Math.max(startNs, earliestNs, lane.lastStartNs), startNs, endNs);
      if (drawnNs === null) continue;
      if (index === this.#lanes.length) this.#lanes.push(lane);
      const drawnEndNs = Math.max(endNs, drawnNs + 1);
      lane.open.push({ endNs: drawnEndNs, isInstant: endNs <= startNs });
      lane.lastStartNs = drawnNs;
      return { lane: index, startNs: drawnNs, endNs: drawnEndNs };
    }
  }
}

/** Closes what has ended; the start at which the slice lies behind or within what is still open, or null. */
function fitting(lane: Lane, fromNs: number, startNs: number, endNs: number): number | null {
  let drawnNs = fromNs;
  for (;;) {
    const top = lane.open.at(-1);
    if (top === undefined) return drawnNs;
    if (top.endNs <= drawnNs) lane.open.pop();
    else if (Math.max(endNs, drawnNs + 1) <= top.endNs && !top.isInstant) return drawnNs;
    else if (top.isInstant && (endNs <= startNs || top.endNs < endNs)) drawnNs = top.endNs;
    else return null;
  }
}
