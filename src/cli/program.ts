/**
 * The command line: turns argv into one command and every outcome into an exit code. Commands load what they need when
 * they are called, so that `--help` stays fast.
 */
import yargs, { type Argv } from "yargs";
import { nearestName } from "../scenario/nearest.js";
import type { Command } from "./command.js";
import { COMMANDS } from "./commands/index.js";
import { EXIT, UsageError } from "./exit.js";
import { packageVersion } from "./package-info.js";
import { endQuietlyOnClosedPipe, writeError } from "./streams.js";

const HELP_HINT = "Run `outgap --help` for the commands, `outgap COMMAND --help` for one of them.";

/** Runs one command line, as a process of its own would: the outcome is `process.exitCode`. */
export async function start(argv: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipe();
  process.on("uncaughtException", (error) => process.exit(report(error, argv)));
  try {
    await parserOf(argv).parseAsync();
  } catch (error) {
    process.exitCode = report(error, argv);
  }
}

/**
 * yargs lays out the help of a command that it runs, wanted or not, which takes as long as to read a scenario. Not so of
 * the only command that there is: the one that is asked for by its name, unless by somebody who wants to know more.
 */
function parserOf(argv: readonly string[]): Argv {
  const chosen = commandNamed(argv[0]);
  if (chosen === undefined || argv.some((word) => SAYS_MORE.has(word))) return parserOfAll(argv);
  const { command, describe, builder, handler } = chosen;
  return configured(argv.slice(1)).command(command.replace(/^\S+/, "$0"), describe, builder, handler);
}

/** With one of these words yargs talks about the command line instead of obeying it. */
const SAYS_MORE = new Set(["--help", "help", "--version"]);

function parserOfAll(argv: readonly string[]): Argv {
  const parser = configured(argv)
    .usage("$0 COMMAND …\n\nSimulates failover in stream processing: what a failure costs, before it happens.")
    .example("$0 run scenarios/bytedance-join-4000.yaml", "the published comparison")
    .example("$0 run my.yaml --seeds 20 --json", "twenty seeds, as JSON")
    .example("$0 init my-job > my-job.yaml", "a commented scenario to start from")
    .epilogue("Exit codes: 0 done, 1 an expectation or invariant failed, 2 bad input, 3 internal error.")
    .demandCommand(1, "no command is given")
    .completion("completion", "print a completion script for the shell: outgap completion >> ~/.bashrc");
  for (const { command, describe, builder, handler } of COMMANDS) parser.command(command, describe, builder, handler);
  return parser;
}

function configured(argv: readonly string[]): Argv {
  return yargs(argv as string[])
    .scriptName("outgap")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    })
    .strict()
    .showHelpOnFail(false)
    .exitProcess(false)
    .version(packageVersion())
    .help()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
}

function commandNamed(name: string | undefined): Command | undefined {
  return COMMANDS.find(({ command }) => command.split(" ")[0] === name);
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
  const commands = COMMANDS.map((command) => command.command.split(" ")[0] as string);
  const options = Object.keys(commandNamed(argv[0])?.options ?? {});
  const nearest = isOption ? nearestName(name, [...options, "help", "version"]) : nearestName(name, commands);
  const dashes = isOption ? "--" : "";
  const what = isOption ? "option" : argv[0] === name ? "command" : "argument";
  const hint = nearest === null ? "" : `; did you mean ${dashes}${nearest}?`;
  return `outgap: unknown ${what} ${dashes}${name}${hint}\n${HELP_HINT}`;
}
