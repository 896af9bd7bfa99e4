/** What arguments mean together: seeds to run, folders to write. Throws UsageError where they cannot. */
import { resolve } from "node:path";
import { seedSequence } from "../../experiment/plan.js";
import { UsageError } from "../exit.js";

/** The seeds of one scenario. `ownSeed` already is `--seed`, if that was given. */
export function seedsOf(argv: { readonly seeds: number }, ownSeed: string): string[] {
  const seeds = seedSequence(ownSeed, argv.seeds);
  if (seeds === null) {
    throw new UsageError(`--seeds counts up from the seed, so ${JSON.stringify(ownSeed)} has to be a whole number`);
  }
  return seeds;
}

/** Two scenarios must not write to one folder. */
export function assertDistinct(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths.map((each) => resolve(each))) {
    if (seen.has(path)) throw new UsageError(`${path}: two of the scenarios would write their results here`);
    seen.add(path);
  }
}
