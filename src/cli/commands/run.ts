/** `outgap run`: declares the command; `../run/` does the work. */
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";
import type { RunArguments } from "../run/run.js";

export const runCommand = defineCommand<RunArguments>({
  command: "run <files..>",
  describe: "run every case of every scenario on the same seeds; table on stdout, results on disk",
  options: SHARED,
  positionals: { files: "Scenario files" },
  examples: [
    ["outgap run scenarios/tiny-join.yaml --trace", "event by event, for Perfetto"],
    ["outgap run my.yaml --set P=500 --seeds 20", "half the size, twenty seeds"],
    ['outgap run my.yaml --case "single-task" --json', "one case, as JSON"],
  ],
  run: async (argv) => (await import("../run/run.js")).run(argv),
});
