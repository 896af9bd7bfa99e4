/** The arguments of `outgap explore`. */
import type { SharedArguments } from "../options.js";

export interface ExploreArguments
  extends Pick<SharedArguments, "seed" | "case" | "set" | "out" | "json" | "quiet" | "workers" | "progress"> {
  readonly file: string | undefined;
  readonly runs: number;
}
