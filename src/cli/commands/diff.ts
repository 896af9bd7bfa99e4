/** `outgap diff`: declares the command; `../diff/` does the work. */
import { defineCommand } from "../command.js";
import type { DiffArguments } from "../diff/diff.js";
import { SHARED } from "../options.js";

export const diffCommand = defineCommand<DiffArguments>({
  command: "diff <before> <after>",
  describe: "what changed between two results",
  options: { json: SHARED.json },
  positionals: { before: "Folder of a result", after: "Folder of another result" },
  examples: [["outgap diff results/tiny-join outgap-results/tiny-join-1a2b3c4d", "shipped against changed"]],
  run: async (argv) => (await import("../diff/diff.js")).diff(argv),
});
