/** The shape of one command of the command line, as `commands/` registers it and `main.ts` mounts it. */
import type { Argv, Options } from "yargs";

export interface Command {
  /** Name and positionals, as yargs reads them: `run <files..>`. */
  readonly command: string;
  readonly describe: string;
  readonly options: Readonly<Record<string, Options>>;
  readonly builder: (argv: Argv) => Argv;
  readonly handler: (argv: unknown) => Promise<void>;
}

interface Spec<Arguments> {
  readonly command: string;
  readonly describe: string;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [commandLine: string, what: string])[];
  /** The positionals of `command`, described. */
  readonly positionals: Readonly<Record<string, string>>;
  /** Loads what the command needs and runs it; the result is the exit code. */
  readonly run: (argv: Arguments) => Promise<number>;
}

export function defineCommand<Arguments>(spec: Spec<Arguments>): Command {
  return {
    command: spec.command,
    describe: spec.describe,
    options: spec.options,
    builder: (argv) => {
      for (const [name, describe] of Object.entries(spec.positionals))
        argv.positional(name, { type: "string", describe });
      argv.options(spec.options);
      for (const [commandLine, what] of spec.examples) argv.example(commandLine, what);
      return argv;
    },
    handler: async (argv: unknown) => {
      process.exitCode = await spec.run(argv as Arguments);
    },
  };
}
