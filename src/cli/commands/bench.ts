/** `outgap bench`: declares the command; `../bench/` measures, `../bench-command/` prints. */
import { defineCommand } from "../command.js";
import { numberOption, SHARED } from "../options.js";

export interface BenchArguments {
  readonly rounds: number;
  readonly "no-peers": boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly out: string | undefined;
}

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
