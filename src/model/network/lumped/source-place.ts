/**
 * What an arriving quantum asks of its source, in one number: whether the attempt that sent it is still the newest, to
 * which group it belongs and on which TaskManager it is. Quanta arrive in no order of sources, so that each column they
 * look into is a wait for memory.
 */
import { assert } from "../../../kernel/assert.js";
import { ATTEMPT_MASK } from "./quanta.js";

export const PLACE_GROUP_SHIFT = 4;
export const PLACE_GROUP_MASK = 255;
export const PLACE_TM_SHIFT = 12;
/** What is left of 31 bits. */
const TASK_MANAGERS = 1 << (31 - PLACE_TM_SHIFT);

/** `attempt`: its last four bits count, as in a quantum. */
export function placeOf(taskManager: number, group: number, attempt: number): number {
  assert(taskManager < TASK_MANAGERS, "more TaskManagers than a source's place has bits for");
  return (taskManager << PLACE_TM_SHIFT) | (group << PLACE_GROUP_SHIFT) | (attempt & ATTEMPT_MASK);
}
