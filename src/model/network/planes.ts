/** Which data plane a case runs on: every buffer of every channel, or quanta for what is alike. */
import type { DataPlane, PlaneContext, PlaneListener } from "./data-plane.js";
import { createExactPlane } from "./exact/index.js";
import { createLumpedPlane } from "./lumped/index.js";

export function createPlane(context: PlaneContext, listener: PlaneListener): DataPlane {
  return context.config.resolutionNs === 0 ? createExactPlane(context, listener) : createLumpedPlane(context, listener);
}

/** Optional verbs of the port that the plane of this resolution has: the faults that need others are refused. */
export function planeVerbs(resolutionNs: number): readonly (keyof DataPlane)[] {
  return resolutionNs === 0 ? ["setTaskSpeed", "setLoopSpeed", "setLinkState"] : [];
}
