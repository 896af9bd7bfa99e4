/** `outgap list`: the catalogue, from the registries. */
import { defineCommand } from "../command.js";
import type { ListArguments } from "../list/list.js";
import { SHARED } from "../options.js";

export const listCommand = defineCommand<ListArguments>({
  command: "list <what>",
  describe: "the catalogue: strategies, faults, metrics, engines, flink-keys or costs",
  options: { json: SHARED.json },
  positionals: { what: "strategies, faults, metrics, engines, flink-keys or costs" },
  examples: [["outgap list costs", "every cost with default, grade and source"]],
  run: async (argv) => (await import("../list/list.js")).list(argv),
});
