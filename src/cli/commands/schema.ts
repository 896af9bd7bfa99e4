/** `outgap schema`: the JSON Schema of the scenario format, for editors. */
import { defineCommand } from "../command.js";
import { EXIT } from "../exit.js";

export const schemaCommand = defineCommand<Record<string, never>>({
  command: "schema",
  describe: "JSON Schema of the scenario format, for editors",
  options: {},
  positionals: {},
  examples: [["outgap schema > scenario.schema.json", "then: # yaml-language-server: $schema=./scenario.schema.json"]],
  run: async () => {
    const { scenarioJsonSchema } = await import("../../scenario/index.js");
    const { writeOut } = await import("../streams.js");
    await writeOut(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    return EXIT.done;
  },
});
