/**
 * Sources looked at in one call. A loop over all of them runs once per bin, so V8 compiles it while it runs; such code
 * it goes on entering after it no longer fits, in most bins of a run, or it never compiles the function
 * itself. Called once per block, a function is compiled as any other.
 */
export const BLOCK = 256;
