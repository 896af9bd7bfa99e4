/** The swarm's worker when the program runs from source: teaches this thread to read TypeScript, then is `worker.ts`. */
import { register } from "tsx/esm/api";

register();
const worker = await import("./worker.ts");

export default worker.default;
