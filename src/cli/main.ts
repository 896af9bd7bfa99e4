#!/usr/bin/env node
/**
 * The executable. Starts the command line from the bundle that the build has made, or else from its modules; owns
 * nothing else.
 */
import { join } from "node:path";
import { loadBundle } from "./bundle/load.js";
import { packageRoot } from "./package-info.js";

const bundle = loadBundle(join(packageRoot, "dist", "bundle"));
const { start } = bundle?.program ?? (await import("./program.js"));
await start(process.argv.slice(2));
