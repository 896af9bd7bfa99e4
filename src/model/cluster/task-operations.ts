/**
 * Messages of the JobManager's main thread that cost one `taskOperation` each: a state update, a cancel, a reset, a slot
 * request. Owns their names, phases and the numbers that keep the draws of one kind apart from those of another.
 */
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { MainThread } from "./main-thread.js";

/** Salts are addresses of draws: a new kind takes the next free one below 15, which is `submit-task`'s. */
const OPERATIONS = {
  "task-failed": { salt: 0, phase: PHASE.detect },
  "task-lost": { salt: 1, phase: PHASE.detect },
  "task-manager-lost": { salt: 2, phase: PHASE.detect },
  "cancel-task": { salt: 3, phase: PHASE.cancel },
  "cancel-acknowledged": { salt: 4, phase: PHASE.cancel },
  "task-terminal": { salt: 5, phase: PHASE.cancel },
  "reset-task": { salt: 6, phase: PHASE.reset },
  "request-slot": { salt: 7, phase: PHASE.slots },
  "slot-offer": { salt: 8, phase: PHASE.slots },
  "task-running": { salt: 9, phase: PHASE.connect },
} as const;

export type TaskOperation = keyof typeof OPERATIONS;

/** Defines one kind; returns what the main thread posts it by. */
export type DefineOperation = (name: TaskOperation, handle: (a: number, b: number, step: number) => void) => number;

export function taskOperations({ draws }: ControlContext, thread: MainThread): DefineOperation {
  return (name, handle) => {
    const { salt, phase } = OPERATIONS[name];
    return thread.define({
      name,
      phase,
      cost: "taskOperation",
      costNs: (a, b) => draws.draw("taskOperation", a, b * 16 + salt),
      handle,
    });
  };
}
