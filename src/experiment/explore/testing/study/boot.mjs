/** A worker thread of the study: teaches this thread to read TypeScript, then is `units.ts`. */
import { register } from "tsx/esm/api";

register();
const units = await import("./units.ts");

export default units.perform;
