/** Before the whole-program tests: `dist/` is what `src/` is now. */
import { existsSync } from "node:fs";
import { build } from "../build.mjs";

export default async function setup(): Promise<void> {
  // Type errors are the linter's business: the compiler writes the program all the same.
  await build({ quiet: true });
  if (!existsSync("dist/cli/main.js")) throw new Error("it does not compile, so there is no program to test");
}
