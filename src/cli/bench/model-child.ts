/** One measurement of the model in a process of its own. Argument: a `ModelWork` as JSON. Prints one line of JSON. */
import { type ModelWork, measureModel } from "./model-work.js";

process.stdout.write(`${JSON.stringify(measureModel(JSON.parse(process.argv[2]!) as ModelWork))}\n`);
