/** One remark of `check` about a scenario; whether it refuses the scenario, and where it points. */
import type { Problem } from "./messages.js";
import type { Allowance } from "./names.js";
import type { Path } from "./schema-values.js";

export interface Finding {
  /** Errors refuse the scenario. */
  readonly severity: "error" | "warning";
  /** Entry of `allow` that turns the error into a warning. */
  readonly allowance: Allowance | null;
  /** Path in the scenario tree. */
  readonly path: Path;
  readonly problem: Problem;
}
