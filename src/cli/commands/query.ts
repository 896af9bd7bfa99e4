/** `outgap query`: declares the command; `../query/query` does the work. */
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";
import type { QueryArguments } from "../query/query.js";

export const queryCommand = defineCommand<QueryArguments>({
  command: "query <dir> <sql>",
  describe: "asks the results of sweeps in SQL (DuckDB); views: runs, means, paired, sweeps",
  options: {
    json: SHARED.json,
    csv: { type: "boolean", default: false, describe: "Print CSV instead of a table" },
  },
  positionals: { dir: "Folder of a sweep, or one with several", sql: "A query over the views" },
  examples: [
    ['outgap query results "SELECT \\"case\\", median(recoveryTimeMs) FROM runs GROUP BY ALL"', "medians per case"],
    ["outgap query results \"SELECT * FROM means WHERE metric = 'recoveryTimeMs'\"", "means with their intervals"],
    ['outgap query results "DESCRIBE runs"', "what columns there are"],
  ],
  run: async (argv) => (await import("../query/query.js")).query(argv),
});
