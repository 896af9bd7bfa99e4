/** `outgap run`: declares the command; `../run/` does the work. */
import { defineCommand } from "../command.js";
import { numberOption, SHARED, textOption } from "../options.js";
import type { RunArguments } from "../run/run.js";

export const runCommand = defineCommand<RunArguments>({
  command: "run <files..>",
  describe: "run every case of every scenario on the same seeds; table on stdout, results on disk",
  options: {
    ...SHARED,
    until: textOption("until", 'Add seeds until the 95 % interval of a mean is this narrow: "recoveryTimeMs ±2%"'),
    "max-seeds": numberOption("max-seeds", "With --until: seeds at most (1000)", 2, 1_000_000),
  },
  positionals: { files: "Scenario files" },
  examples: [
    ["outgap run scenarios/tiny-join.yaml --trace", "event by event, for Perfetto"],
    ["outgap run my.yaml --set P=500 --seeds 20", "half the size, twenty seeds"],
    ['outgap run my.yaml --until "recoveryTimeMs ±2%"', "as many seeds as the answer needs"],
    ['outgap run my.yaml --case "single-task" --json', "one case, as JSON"],
  ],
  run: async (argv) => (await import("../run/run.js")).run(argv),
});
