/** `outgap worker`: declares the command; `../sweep/worker` does the work. */
import { defineCommand } from "../command.js";
import { SHARED, textOption } from "../options.js";
import type { WorkerArguments } from "../sweep/worker.js";

export const workerCommand = defineCommand<WorkerArguments>({
  command: "worker",
  describe: "takes runs of `outgap sweep --redis` on this machine, until it is stopped",
  options: {
    redis: { ...textOption("redis", "redis://host:6379 where the sweep is"), demandOption: true },
    workers: SHARED.workers,
    takeover: { ...textOption("takeover", "After this silence a worker's runs go to others"), default: "30s" },
    "idle-exit": textOption("idle-exit", "End after so long without work, e.g. 60s; never if not given"),
    quiet: SHARED.quiet,
  },
  positionals: {},
  examples: [["outgap worker --redis redis://queue:6379", "on any number of machines"]],
  run: async (argv) => (await import("../sweep/worker.js")).worker(argv),
});
