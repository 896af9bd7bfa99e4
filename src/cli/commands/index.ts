/** Every command there is, in the order of `--help`. A new command is one file here and one line below. */
import type { Command } from "../command.js";
import { runCommand } from "./run.js";

export const COMMANDS: readonly Command[] = [runCommand];
