/** Every command there is, in the order of `--help`. A new command is one file here and one line below. */
import type { Command } from "../command.js";
import { benchCommand } from "./bench.js";
import { checkCommand } from "./check.js";
import { diffCommand } from "./diff.js";
import { exploreCommand } from "./explore.js";
import { initCommand } from "./init.js";
import { listCommand } from "./list.js";
import { mergeCommand } from "./merge.js";
import { queryCommand } from "./query.js";
import { reportCommand } from "./report.js";
import { runCommand } from "./run.js";
import { schemaCommand } from "./schema.js";
import { sensitivityCommand } from "./sensitivity.js";
import { sweepCommand } from "./sweep.js";
import { workerCommand } from "./worker.js";

export const COMMANDS: readonly Command[] = [
  runCommand,
  sweepCommand,
  workerCommand,
  mergeCommand,
  queryCommand,
  checkCommand,
  exploreCommand,
  sensitivityCommand,
  reportCommand,
  diffCommand,
  initCommand,
  listCommand,
  schemaCommand,
  benchCommand,
];
