/** `outgap bench`: declares the command; `../bench/` measures, `../bench-command/` prints. */

import type { BenchArguments } from "../bench-command/bench.js";
import { defineCommand } from "../command.js";
import { numberOption, SHARED } from "../options.js";

export const benchCommand = defineCommand<BenchArguments>({
  command: "bench",
  describe: "measure the kernel, beside ns-3 and SimPy where they are installed",
  options: {
    rounds: { ...numberOption("rounds", "Processes per engine and piece of work", 1, 1_000), default: "3" },
    "no-peers": { type: "boolean", default: false, describe: "Outgap alone" },
    json: SHARED.json,
    quiet: { ...SHARED.quiet, describe: "No progress on stderr" },
    out: { ...SHARED.out, describe: "Also write kernel.json to this folder" },
  },
  positionals: {},
  examples: [["outgap bench --out results/bench", "the committed figures again, on this machine"]],
  run: async (argv) => (await import("../bench-command/bench.js")).bench(argv),
});
