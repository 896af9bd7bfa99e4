/** `outgap report`: declares the command; `../report/` does the work. */
import { defineCommand } from "../command.js";
import { SHARED } from "../options.js";
import type { ReportArguments } from "../report/report.js";

export const reportCommand = defineCommand<ReportArguments>({
  command: "report <folders..>",
  describe: "rebuild charts and report.html from results on disk",
  options: { out: { ...SHARED.out, describe: "One report of all of them, in this folder" }, quiet: SHARED.quiet },
  positionals: { folders: "Folders that run, sweep or sensitivity has written" },
  examples: [
    ["outgap report results/tiny-join", "its charts again"],
    ["outgap report results/bytedance-join-* --out comparison", "several results on one page"],
  ],
  run: async (argv) => (await import("../report/report.js")).report(argv),
});
