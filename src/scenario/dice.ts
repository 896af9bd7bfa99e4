/** Random choices of one run of the swarm: a stream of its own per (seed, run), whatever other runs do. */
import { type RandomFamily, RandomStreams } from "../kernel/random.js";

export class Dice {
  private readonly family: RandomFamily;
  private readonly run: number;
  private drawn = 0;

  constructor(seed: string, run: number) {
    this.family = new RandomStreams(seed).family("explore");
    this.run = run;
  }

  uniform(): number {
    return this.family.uniform(this.run, this.drawn++);
  }
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** One of several things by weight. */
  weighted<T>(options: readonly (readonly [weight: number, value: T])[]): T {
    let rest = this.uniform() * options.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of options) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return options.at(-1)![1];
  }
  /** Evenly spread over the orders of magnitude between two bounds, a whole number. */
  magnitude(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.uniform());
  }
}
