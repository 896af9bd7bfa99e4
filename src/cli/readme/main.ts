/** `npm run readme`: puts the numbers of `results/` into README.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-info.js";
import { generatedBlocks, withBlocks } from "./blocks.js";

const file = join(packageRoot, "README.md");
writeFileSync(file, withBlocks(readFileSync(file, "utf8"), generatedBlocks(packageRoot)));
