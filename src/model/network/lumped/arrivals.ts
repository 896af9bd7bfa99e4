/**
 * The external log: how many records each source's partition receives in each bin of the resolution. Draws are
 * addressed by (source, bin), so any bin of any source can be looked up again; within a bin records are evenly
 * spaced, half a spacing from its ends. The log never stops, whatever happens to the job.
 */
import { poissonMass } from "../../../kernel/poisson.js";
import type { RandomFamily } from "../../../kernel/random.js";
import type { PlaneContext } from "../data-plane.js";
import { BLOCK } from "./blocks.js";
import type { Layout } from "./layout.js";

const TABLE_BITS = 16;
const TABLE_SIZE = 1 << TABLE_BITS;

/** Quantiles of a Poisson variable at (i + ½)/65536, by one walk along its mass. */
export function poissonTable(mean: number): Uint16Array | Int32Array {
  // Small entries keep the table in the nearest cache.
  const table = mean < 60_000 ? new Uint16Array(TABLE_SIZE) : new Int32Array(TABLE_SIZE);
  if (mean === 0) return table;
  let k = Math.max(0, Math.floor(mean - 12 * Math.sqrt(mean) - 12));
  let sum = poissonMass(mean, k);
  const limit = mean + 12 * Math.sqrt(mean) + 60;
  for (let i = 0; i < TABLE_SIZE; i++) {
    const u = (i + 0.5) / TABLE_SIZE;
    while (sum < u && k < limit) sum += poissonMass(mean, ++k);
    table[i] = k;
  }
  return table;
}

export class Arrivals {
  /** Bin whose counts the columns hold; its start lies at or before the time of every visit. */
  bin = -1;
  /** Per source: records before the bin (its log end at the bin's start) and in the bin. */
  readonly before: Int32Array;
  readonly inBin: Int32Array;
  /** Records of a group in a bin, by group × bins + bin. */
  readonly produced: Int32Array;
  /** Chained over every draw of every bin. */
  hash = 0x811c9dc5 | 0;
  private readonly layout: Layout;
  private readonly family: RandomFamily;
  private readonly tables: readonly (Uint16Array | Int32Array)[];
  private readonly phases: Float64Array;

  constructor(context: PlaneContext, layout: Layout) {
    this.layout = layout;
    this.family = context.streams.family("log-arrivals");
    this.before = new Int32Array(layout.sources);
    this.inBin = new Int32Array(layout.sources);
    this.produced = new Int32Array(layout.groups.length * (layout.bins + 1));
    const byMean = new Map<number, Uint16Array | Int32Array>();
    this.tables = layout.groups.map((group) => {
      if (group.periodic) return new Uint16Array(0);
      let table = byMean.get(group.meanPerBin);
      if (table === undefined) {
        table = poissonTable(group.meanPerBin);
        byMean.set(group.meanPerBin, table);
      }
      return table;
    });
    const phases = context.streams.family("log-phase");
    this.phases = Float64Array.from(layout.sourceTask, (task) => phases.uniform53(task, 0));
    for (let s = 0; s < layout.sources; s++) {
      this.hash = Math.imul(this.hash ^ layout.phaseNs[s]! ^ (layout.sourceTask[s]! << 8), 0x01000193);
    }
  }

  /** Records that source `s` receives in `bin` ≥ 0. */
  draw(s: number, bin: number): number {
    const group = this.layout.groupOfSource[s]!;
    const table = this.tables[group]!;
    if (table.length > 0) return table[this.family.bits(this.layout.sourceTask[s]!, bin) >>> (32 - TABLE_BITS)]!;
    const mean = this.layout.groups[group]!.meanPerBin;
    return Math.floor(mean * (bin + 1) + this.phases[s]!) - Math.floor(mean * bin + this.phases[s]!);
  }

  /** Goes on to the next bin. */
  nextBin(): void {
    const sources = this.before.length;
    this.bin++;
    for (let s = 0; s < sources; s += BLOCK) this.grow(s, Math.min(sources, s + BLOCK));
    this.hash ^= this.hash >>> 15;
  }

  /** The logs of the sources [from, to) grow by the current bin. */
  private grow(from: number, to: number): void {
    const { before, inBin, produced, layout, family, tables, bin } = this;
    const stride = layout.bins + 1;
    const { groupOfSource, sourceTask } = layout;
    const counted = bin < stride;
    let hash = this.hash;
    for (let s = from; s < to; s++) {
      const group = groupOfSource[s]!;
      const table = tables[group]!;
      before[s] = before[s]! + inBin[s]!;
      const count =
        table.length > 0 ? table[family.bits(sourceTask[s]!, bin) >>> (32 - TABLE_BITS)]! : this.draw(s, bin);
      inBin[s] = count;
      if (counted) {
        produced[group * stride + bin] = produced[group * stride + bin]! + count;
        hash = Math.imul(hash ^ count, 0x01000193);
      }
    }
    this.hash = hash;
  }

  /** Log end of `s` at a time in the current bin or before it: the first offset not yet there. */
  endAt(s: number, timeNs: number): number {
    const { resolutionNs } = this.layout;
    let bin = this.bin;
    let start = this.before[s]!;
    if (timeNs >= bin * resolutionNs)
      return start + Math.floor((this.inBin[s]! * (timeNs - bin * resolutionNs)) / resolutionNs + 0.5);
    while (bin > 0 && timeNs < bin * resolutionNs) {
      bin--;
      const count = this.draw(s, bin);
      start -= count;
      if (timeNs >= bin * resolutionNs)
        return start + Math.floor((count * (timeNs - bin * resolutionNs)) / resolutionNs + 0.5);
    }
    return 0;
  }
}
