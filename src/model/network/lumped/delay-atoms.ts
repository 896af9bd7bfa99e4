/**
 * The delays between partners as a few (bin offset per input, weight) combinations. The earliest member of a match is
 * of any input with equal probability, each other follows by a delay of its own: quantiles of the delay's
 * distribution, split between the two bins they fall between. The combinations are part of the exogenous input.
 */
import { quantileNs } from "../../../kernel/distributions.js";
import type { VertexConfig } from "../../config.js";

export interface Combinations {
  readonly count: number;
  /** Bin offset of member v against input 0, by v × count + k. */
  readonly offsets: Int32Array;
  /** Weights of all combinations with the same earliest member sum to 1 / inputs. */
  readonly weights: Float64Array;
  /** The member of each combination that comes first. */
  readonly earliest: Uint8Array;
  readonly maxOffset: number;
  /** The same without the partners that come too late for the window. */
  readonly usualOffset: number;
}

const MOST = 64;
/** What comes after it is never. */
const LAST_QUANTILE = 1 - 1e-9;

/** Quantile atoms of the delay in bins, each at the middle of its stratum; at most `most`. */
function atoms(delay: VertexConfig["matchDelay"], most: number, resolutionNs: number): [number, number][] {
  const merged = new Map<number, number>();
  const strata = Math.max(1, most);
  for (let i = 0; i < strata; i++) {
    const bins = quantileNs(delay, (i + 0.5) / strata) / resolutionNs;
    const low = Math.floor(bins);
    const high = bins - low;
    // Between two bins: both in proportion, so that the mean delay keeps its value; far apart, the nearer one will do.
    for (const [offset, share] of i < strata / 2
      ? ([
          [low, 1 - high],
          [low + 1, high],
        ] as const)
      : ([[Math.round(bins), 1]] as const)) {
      if (share > 0) merged.set(offset, (merged.get(offset) ?? 0) + share / strata);
    }
  }
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
  if (inputs === 1)
    return {
      count: 1,
      offsets: new Int32Array(1),
      weights: Float64Array.of(1),
      earliest: new Uint8Array(1),
      maxOffset: 0,
      usualOffset: 0,
    };
  const each = Math.max(1, Math.floor((MOST / inputs) ** (1 / (inputs - 1)) + 1e-9));
  const tail = beyondWindow(vertex, each, resolutionNs);
  const usual = atoms(vertex.matchDelay, tail === null ? each : Math.max(1, each - 1), resolutionNs);
  const single =
    tail === null ? usual : [...usual.map(([bins, share]) => [bins, share * (1 - tail[1])] as const), tail];
  const lists: { delays: number[]; weight: number; first: number }[] = [];
  for (let first = 0; first < inputs; first++) {
    let partial: { delays: number[]; weight: number; first: number }[] = [{ delays: [], weight: 1 / inputs, first }];
    for (let v = 0; v < inputs; v++) {
      if (v === first) partial = partial.map((list) => ({ ...list, delays: [...list.delays, 0] }));
      else
        partial = partial.flatMap((list) =>
          single.map(([delay, weight]) => ({ delays: [...list.delays, delay], weight: list.weight * weight, first })),
        );
    }
    lists.push(...partial);
  }
  const offsets = new Int32Array(inputs * lists.length);
  let maxOffset = 0;
  lists.forEach(({ delays }, k) => {
    delays.forEach((delay, v) => {
      offsets[v * lists.length + k] = delay - delays[0]!;
      maxOffset = Math.max(maxOffset, delay);
    });
  });
  return {
    count: lists.length,
    offsets,
    weights: Float64Array.from(lists, (list) => list.weight),
    earliest: Uint8Array.from(lists, (list) => list.first),
    maxOffset,
    usualOffset: usual.reduce((most, [offset]) => Math.max(most, offset), 0),
  };
}

/**
 * The tail of the delay beyond the window as an atom of its own, where the quantiles do not reach it: these partners come
 * too late, unless the first member's state has died before or the first member was late itself.
 */
function beyondWindow(
  { matchDelay, windowNs }: VertexConfig,
  strata: number,
  resolutionNs: number,
): readonly [number, number] | null {
  if (quantileNs(matchDelay, LAST_QUANTILE) <= windowNs) return null;
  if (quantileNs(matchDelay, (strata - 0.5) / strata) > windowNs) return null;
  let low = 0;
  let high = LAST_QUANTILE;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (quantileNs(matchDelay, middle) > windowNs) high = middle;
    else low = middle;
  }
  const tail = 1 - high;
  return [Math.round(quantileNs(matchDelay, 1 - tail / 2) / resolutionNs), tail];
}
