/** What a worker thread of the swarm does: a stretch of runs, or the shrinking of one finding. Has no state between tasks. */
import { type Investigated, investigate } from "./investigate.js";
import { exploreStretch, type Finding, type Stretch, type StretchResult } from "./swarm.js";

export type SwarmTask = { readonly stretch: Stretch } | { readonly finding: Finding };

export function perform(task: SwarmTask): StretchResult | Investigated {
  return "stretch" in task ? exploreStretch(task.stretch) : investigate(task.finding);
}

export default perform;
