/** `outgap merge`: declares the command; `../sweep/merge` does the work. */
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";
import type { MergeArguments } from "../sweep/merge.js";

export const mergeCommand = defineCommand<MergeArguments>({
  command: "merge <dirs..>",
  describe: "puts the shards of a sweep together: tables, charts and summary as if one machine had run it",
  options: { out: SHARED.out, json: SHARED.json, quiet: SHARED.quiet, "no-charts": SHARED["no-charts"] },
  positionals: { dirs: "Folders of `outgap sweep --shard I/N`" },
  examples: [["outgap merge part1 part2 part3 --out whole", "three shards"]],
  run: async (argv) => (await import("../sweep/merge.js")).merge(argv),
});
