/** `outgap bench`: declares the command; `../bench/` measures, `../bench-command/` prints. */

import type { BenchArguments } from "../bench-command/bench.js";
import { defineCommand } from "../command.js";
import { numberOption, SHARED } from "../options.js";

export const benchCommand = defineCommand<BenchArguments>({
  command: "bench [what]",
  describe: "measure the kernel, beside ns-3 and SimPy where they are installed, the model, the swarm, or sweeps",
  options: {
    rounds: {
      ...numberOption("rounds", "How often each piece of work is done (and by each engine)", 1, 1_000),
      default: "3",
    },
    runs: { ...numberOption("runs", "sweeps, swarm: runs of the largest part", 10, 1_000_000), default: "1000" },
    "no-peers": { type: "boolean", default: false, describe: "kernel: Outgap alone" },
    full: { type: "boolean", default: false, describe: "model: also the large scenarios as shipped (minutes)" },
    json: SHARED.json,
    quiet: { ...SHARED.quiet, describe: "No progress on stderr" },
    out: {
      ...SHARED.out,
      describe:
        "Also write kernel.json, model.json, swarm-speed.json or sweep-speed.json, and their chart, to this folder",
    },
  },
  positionals: { what: "kernel (default), model, swarm or sweeps" },
  examples: [
    ["outgap bench --out results/bench", "the committed figures again, on this machine"],
    [
      "outgap bench model --full",
      "what one quantum costs at 1,000 to 64,000 slots, and the large scenarios as shipped",
    ],
    ["outgap bench swarm --runs 300", "random runs per second and core"],
    ["outgap bench sweeps", "a thousand small runs, two workers against one, the event rate in a worker"],
  ],
  run: async (argv) => (await import("../bench-command/bench.js")).bench(argv),
});
