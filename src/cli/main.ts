#!/usr/bin/env node
/**
 * The command line's front door: turns argv into one command and every outcome into an exit code. Commands load
 * what they need when they are called, so that `--help` stays fast.
 */
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { nearestName } from "../scenario/nearest.js";
import { COMMANDS } from "./commands/index.js";
import { EXIT, UsageError } from "./exit.js";
import { compileLessEagerly } from "./optimiser.js";
import { packageVersion } from "./package-info.js";
import { endQuietlyOnClosedPipe, writeError } from "./streams.js";

const HELP_HINT = "Run `outgap --help` for the commands, `outgap COMMAND --help` for one of them.";

export async function main(argv: readonly string[]): Promise<void> {
  const parser = yargs(argv as string[])
    .scriptName("outgap")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    })
    .usage("$0 COMMAND …\n\nSimulates failover in stream processing: what a failure costs, before it happens.")
    .example("$0 run scenarios/bytedance-join-4000.yaml", "the published comparison")
    .example("$0 run my.yaml --seeds 20 --json", "twenty seeds, as JSON")
    .example("$0 init my-job > my-job.yaml", "a commented scenario to start from")
    .epilogue("Exit codes: 0 done, 1 an expectation or invariant failed, 2 bad input, 3 internal error.")
    .strict()
    .demandCommand(1, "no command is given")
    .showHelpOnFail(false)
    .exitProcess(false)
    .completion("completion", "print a completion script for the shell: outgap completion >> ~/.bashrc")
    .version(packageVersion())
    .help()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
  for (const { command, describe, builder, handler } of COMMANDS) parser.command(command, describe, builder, handler);
  try {
    await parser.parseAsync();
  } catch (error) {
    process.exitCode = report(error, argv);
  }
}

/** Prints what went wrong and says with which code to exit. */
function report(error: unknown, argv: readonly string[]): number {
  if (error instanceof UsageError) {
    writeError(error.prefix === "" ? error.message : withSuggestion(error.message, argv));
    return EXIT.usage;
  }
  // yargs' own complaints about the command line.
  if (error instanceof Error && error.name === "YError") {
    writeError(withSuggestion(error.message, argv));
    return EXIT.usage;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeError(`outgap: internal error, please report it with the command line\n${stack}`);
  return EXIT.internal;
}

/** Says which known command or option was probably meant by the first unknown one. */
function withSuggestion(message: string, argv: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message);
  if (/^Not enough non-option arguments/.test(message)) return `outgap: ${argv[0]} needs more arguments\n${HELP_HINT}`;
  if (unknown === null) return `outgap: ${message}${message.startsWith("no command") ? `\n${HELP_HINT}` : ""}`;
  const name = (unknown[1] as string).trim();
  const isOption = argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`) || word === `-${name}`);
  const commands = COMMANDS.map((command) => String(command.command).split(" ")[0] as string);
  const chosen = COMMANDS.find((command) => argv[0] === String(command.command).split(" ")[0]);
  const options = Object.keys((chosen?.options as object | undefined) ?? {});
  const nearest = isOption ? nearestName(name, [...options, "help", "version"]) : nearestName(name, commands);
  const dashes = isOption ? "--" : "";
  const what = isOption ? "option" : argv[0] === name ? "command" : "argument";
  const hint = nearest === null ? "" : `; did you mean ${dashes}${nearest}?`;
  return `outgap: unknown ${what} ${dashes}${name}${hint}\n${HELP_HINT}`;
}

compileLessEagerly();
endQuietlyOnClosedPipe();
process.on("uncaughtException", (error) => process.exit(report(error, hideBin(process.argv))));
await main(hideBin(process.argv));
