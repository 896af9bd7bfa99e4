/** `outgap check`: declares the command; `../check/` does the work. */

import type { CheckArguments } from "../check/check.js";
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";

const { seed, case: cases, set, json, quiet } = SHARED;

export const checkCommand = defineCommand<CheckArguments>({
  command: "check <files..>",
  describe: "validate scenarios; load of the hottest subtasks, network memory of the TaskManagers",
  options: {
    seed,
    case: cases,
    set,
    json,
    quiet,
    print: { type: "boolean", default: false, describe: "Print the normalised form: every default spelled out" },
  },
  positionals: { files: "Scenario files" },
  examples: [
    ["outgap check my.yaml --set P=8000", "would it run at this size?"],
    ["outgap check my.yaml --print", "every default spelled out"],
  ],
  run: async (argv) => (await import("../check/check.js")).check(argv),
});
