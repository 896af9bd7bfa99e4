/** Front door of the lumped data plane: `resolution` above 0. */
import type { DataPlane, PlaneContext, PlaneListener } from "../data-plane.js";
import { LumpedPlane } from "./plane.js";

/** A data plane that moves healthy traffic in quanta. Throws where the job needs `resolution: exact`. */
export function createLumpedPlane(context: PlaneContext, listener: PlaneListener): DataPlane {
  return new LumpedPlane(context, listener);
}
