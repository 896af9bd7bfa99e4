/** `outgap init`: a commented starter scenario. */
import { defineCommand } from "../command.js";
import type { InitArguments } from "../init/init.js";

export const initCommand = defineCommand<InitArguments>({
  command: "init <name>",
  describe: "write NAME.yaml, a commented scenario to start from",
  options: { print: { type: "boolean", default: false, describe: "Print it on stdout instead" } },
  positionals: { name: "Name of the scenario: letters, digits, _ . and -" },
  examples: [["outgap init my-job && outgap run my-job.yaml", "a first answer"]],
  run: async (argv) => (await import("../init/init.js")).init(argv),
});
