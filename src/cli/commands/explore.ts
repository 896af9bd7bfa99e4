/** `outgap explore`: declares the command; `../explore/` does the work. */

import { defineCommand } from "../command.js";
import type { ExploreArguments } from "../explore/arguments.js";
import { numberOption, SHARED } from "../options.js";

const { seed, case: cases, set, out, json, quiet, workers, progress } = SHARED;

export const exploreCommand = defineCommand<ExploreArguments>({
  command: "explore [file]",
  describe:
    "swarm test: random faults and timings against the invariants; a failure is shrunk to a scenario that replays",
  options: {
    runs: { ...numberOption("runs", "How many runs", 1, 10_000_000), default: "1000" },
    seed,
    case: cases,
    set,
    out,
    json,
    quiet,
    workers,
    progress,
  },
  positionals: { file: "A scenario to disturb; random small jobs if none is given" },
  examples: [
    ["outgap explore --runs 10000", "random small jobs on all cores"],
    ["outgap explore scenarios/tiny-join.yaml --runs 500 --seed 7", "this job, random faults"],
  ],
  run: async (argv) => (await import("../explore/explore.js")).explore(argv),
});
