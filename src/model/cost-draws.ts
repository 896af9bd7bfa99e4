/** Draws of the simulator's costs, addressed by (cost, entity, index), so that no draw depends on call order. */
import { sampleNs } from "../kernel/distributions.js";
import type { RandomFamily, RandomStreams } from "../kernel/random.js";
import type { CostName, Costs, Distribution } from "./config.js";

export type DurationCost = { [K in CostName]: Costs[K] extends Distribution ? K : never }[CostName];

export class CostDraws {
  private readonly families = new Map<string, RandomFamily>();
  readonly costs: Costs;
  private readonly streams: RandomStreams;

  constructor(costs: Costs, streams: RandomStreams) {
    this.costs = costs;
    this.streams = streams;
  }

  /** One draw in ns, an integer ≥ 0. A constant consumes no randomness. */
  draw(cost: DurationCost, entity: number, index: number): number {
    const distribution = this.costs[cost];
    if (distribution.kind === "constant") return distribution.valueNs;
    return sampleNs(distribution, this.uniform(cost, entity, index));
  }

  /** `draw` of one cost, without the look-up: for costs that are drawn millions of times. */
  drawer(cost: DurationCost): (entity: number, index: number) => number {
    const distribution = this.costs[cost];
    if (distribution.kind !== "constant") return (entity, index) => this.draw(cost, entity, index);
    const { valueNs } = distribution;
    return () => valueNs;
  }

  uniform(purpose: string, entity: number, index: number): number {
    let family = this.families.get(purpose);
    if (!family) {
      family = this.streams.family(`cost/${purpose}`);
      this.families.set(purpose, family);
    }
    return family.uniform(entity, index);
  }
}
