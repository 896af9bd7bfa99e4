/** The worker when the program runs from source: teaches this thread to read TypeScript, then is `recovery-worker.ts`. */
import { register } from "tsx/esm/api";

register();
const worker = await import("./recovery-worker.ts");

export default worker.default;
