/** What carries out units: threads of this machine, or workers on a queue. Owns only what both agree on. */
import type { UnitPlan } from "../../experiment/sweep/units.js";
import type { RunAnswer } from "./unit-worker.js";

export interface ExecutorHooks {
  /** A run has ended and its record is in the store. */
  readonly onRun: (answer: Pick<RunAnswer, "key" | "error" | "events">) => void;
  readonly signal: AbortSignal;
}

export interface Executor {
  /**
   * Carries out all units, in any order. After an abort it returns early; what was finished is in the store.
   * @throws DiskError if the store cannot be written
   */
  run(units: readonly UnitPlan[], hooks: ExecutorHooks): Promise<void>;
  close(): Promise<void>;
}

/** The store's disk is full or broken. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
