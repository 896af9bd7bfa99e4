/** `outgap sensitivity`: declares the command; `../sensitivity/` does the work. */
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";
import type { SensitivityArguments } from "../sensitivity/sensitivity.js";

const { seed, seeds, set, out, json, quiet, workers, progress, "no-charts": noCharts } = SHARED;

export const sensitivityCommand = defineCommand<SensitivityArguments>({
  command: "sensitivity <file>",
  describe: "each cost 20 % lower and higher, one at a time: which assumptions the answer rests on",
  options: {
    metric: {
      ...SHARED.case,
      describe: "What to look at, see `outgap list metrics`; repeatable, the first one sorts the table",
      default: ["recoveryTimeMs"],
      defaultDescription: "recoveryTimeMs",
    },
    case: SHARED.case,
    seed,
    seeds,
    set,
    out,
    json,
    quiet,
    workers,
    "no-charts": noCharts,
    progress,
  },
  positionals: { file: "Scenario file" },
  examples: [
    ["outgap sensitivity scenarios/tiny-join.yaml", "every case, recovery time"],
    ['outgap sensitivity my.yaml --case "single-task" --metric catchUpMs --seeds 5', "one case, another measure"],
  ],
  run: async (argv) => (await import("../sensitivity/sensitivity.js")).sensitivity(argv),
});
