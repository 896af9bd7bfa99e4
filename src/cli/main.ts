#!/usr/bin/env node
/**
 * The executable. Starts the command line from the bundle that the build has put beside its modules, or else from the
 * modules; owns nothing else.
 */
import { fileURLToPath } from "node:url";
import { loadBundle } from "./bundle/load.js";

const bundle = loadBundle(fileURLToPath(new URL("../bundle", import.meta.url)));
const { start } = bundle?.program ?? (await import("./program.js"));
await start(process.argv.slice(2));
