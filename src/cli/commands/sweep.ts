/** `outgap sweep`: declares the command; `../sweep/` does the work. */
import { defineCommand } from "../command.js";
import { numberOption, repeatedOption, SHARED, textOption } from "../options.js";
import type { SweepArguments } from "../sweep/arguments.js";

const { trace: _trace, "summary-only": _summaryOnly, ...shared } = SHARED;

export const sweepCommand = defineCommand<SweepArguments>({
  command: "sweep <file>",
  describe: "the cross product of varied values × cases × seeds; resumes where it was stopped",
  options: {
    vary: repeatedOption("PATH=V1,V2… or PATH=a..b:step or PATH=log(a..b,n); repeatable; else the file's sweep block"),
    ...shared,
    seeds: numberOption("seeds", "Seeds of every setting: S, S+1, …; else the sweep block's, else 1", 1, 1_000_000),
    until: textOption("until", 'Add seeds until the 95 % interval is this narrow: "recoveryTimeMs ±2%"'),
    "max-seeds": numberOption("max-seeds", "With --until: seeds of a setting at most (1000)", 2, 1_000_000),
    metric: repeatedOption("Metric of the table and the charts, the leading one first; repeatable"),
    minimise: textOption("minimise", "Best setting: the least of this, e.g. lostTotal or recoveryTimeMs.p99"),
    maximise: textOption("maximise", "Best setting: the most of this"),
    "subject-to": repeatedOption('What the best setting must keep: "recoveryTimeMs.p99 < 10s"; repeatable'),
    shard: textOption("shard", "I/N: only this part of the runs, for `outgap merge`"),
    redis: textOption("redis", "redis://… where `outgap worker` takes the runs; this command plans and collects"),
  },
  positionals: { file: "Scenario file" },
  examples: [
    ["outgap sweep my.yaml --vary P=500,1000,2000 --seeds 20", "three sizes, twenty seeds each"],
    ["outgap sweep my.yaml --vary cluster.reservedTaskManagers=0..5:1 --minimise lostTotal", "the best reserve"],
    ['outgap sweep my.yaml --until "recoveryTimeMs ±2%"', "as many seeds as the answer needs"],
    ["outgap sweep my.yaml --shard 3/16 --out part3", "one of sixteen machines"],
  ],
  run: async (argv) => (await import("../sweep/sweep.js")).sweep(argv),
});
