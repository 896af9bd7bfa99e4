/** `outgap init`: writes the starter scenario, never over an existing file. */
import { writeFileSync } from "node:fs";
import { starterScenario } from "../../scenario/index.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { writeOut } from "../streams.js";

export interface InitArguments {
  readonly name: string;
  readonly print: boolean;
}

export async function init({ name, print }: InitArguments): Promise<number> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new UsageError(`${JSON.stringify(name)} is no name for a scenario, expected letters, digits, _ . and -`);
  }
  const text = starterScenario(name);
  if (print) {
    await writeOut(text);
    return EXIT.done;
  }
  const file = `${name}.yaml`;
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    throw fileError(file, error);
  }
  await writeOut(`Wrote ${file}. Next: outgap check ${file}, outgap run ${file}\n`);
  return EXIT.done;
}
