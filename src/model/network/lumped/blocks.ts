/**
 * Sources looked at in one call. A loop over all of them runs once per bin, so V8 compiles it while it runs; such code
 * it goes on entering after it no longer fits (2,500 times in a run of 3,600 bins), or it never compiles the function
 * itself. Called once per block, a function is compiled as any other.
 */
export const BLOCK = 256;
