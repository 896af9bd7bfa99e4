/**
 * The delays between partners as a few (bin offset per input, weight) combinations: quantiles of the delay's
 * distribution, both signs, rounded to bins and merged. The combinations are part of the exogenous input.
 */
import { quantileNs } from "../../../kernel/distributions.js";
import type { VertexConfig } from "../../config.js";

export interface Combinations {
  readonly count: number;
  /** Bin offset of member v against the anchor (input 0), by v × count + k. */
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
  readonly maxOffset: number;
}

const MOST = 64;

/** Signed quantile atoms of one other input: half later, half earlier, each at the middle of its stratum. */
function atoms(delay: VertexConfig["matchDelay"], each: number, resolutionNs: number): Map<number, number> {
  const merged = new Map<number, number>();
  for (let i = 0; i < each; i++) {
    const bins = quantileNs(delay, (i + 0.5) / each) / resolutionNs;
    const low = Math.floor(bins);
    // A delay between two bins belongs to both in proportion: the mean delay keeps its value.
    for (const [offset, share] of [[low, 1 - (bins - low)], [low + 1, bins - low]] as const) {
      if (share === 0) continue;
      for (const signed of [offset, -offset]) merged.set(signed, (merged.get(signed) ?? 0) + share / (2 * each));
    }
  }
  return merged;
}

/** Drops the lightest atoms into their neighbours until at most `most` are left. */
function thin(merged: Map<number, number>, most: number): [number, number][] {
  const list = [...merged].sort((a, b) => a[0] - b[0]);
  while (list.length > most) {
    let lightest = 0;
    for (let i = 1; i < list.length; i++) if (list[i]![1] < list[lightest]![1]) lightest = i;
    const [, weight] = list.splice(lightest, 1)[0]!;
    const neighbour = list[Math.min(lightest, list.length - 1)]!;
    neighbour[1] += weight;
  }
  return list;
}

export function combinations(vertex: VertexConfig, inputs: number, resolutionNs: number): Combinations {
  if (inputs === 1) return { count: 1, offsets: new Int32Array(1), weights: Float64Array.of(1), maxOffset: 0 };
  const perInput = Math.max(2, Math.floor(MOST ** (1 / (inputs - 1))));
  const single = thin(atoms(vertex.matchDelay, inputs === 2 ? 32 : Math.max(1, Math.floor(perInput / 2)), resolutionNs), perInput);
  let lists: { offsets: number[]; weight: number }[] = [{ offsets: [0], weight: 1 }];
  for (let v = 1; v < inputs; v++) {
    lists = lists.flatMap((list) => single.map(([offset, weight]) => ({ offsets: [...list.offsets, offset], weight: list.weight * weight })));
  }
  const offsets = new Int32Array(inputs * lists.length);
  let maxOffset = 0;
  lists.forEach((list, k) => {
    list.offsets.forEach((offset, v) => {
      offsets[v * lists.length + k] = offset;
      maxOffset = Math.max(maxOffset, Math.abs(offset));
    });
  });
  return { count: lists.length, offsets, weights: Float64Array.from(lists, (list) => list.weight), maxOffset };
}
