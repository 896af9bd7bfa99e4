/** The one way in which the simulator says "this cannot be": an internal error, never a message about user input. */

export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws an AssertionError unless `condition` holds. Build costly messages only where the condition is rare. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
