/**
 * V8 while a job runs that is over before V8 has compiled what it runs most. Inlining makes fast code of that, but takes
 * twice as long, on a second core if there is one: a short job waits for it and sees little of it. Owns no result: the
 * same arithmetic either way.
 */
import { setFlagsFromString } from "node:v8";

/** Bytes of bytecode that V8 puts into one function at most. */
const INLINE_BYTES = 200;
/** V8's own limit. Put back as it was, the flags again agree with those of the code cache. */
const V8_INLINE_BYTES = 920;

/** Compiles for a short job until `work` is done. */
export async function forShortJob<T>(work: () => Promise<T>): Promise<T> {
  setInlining(INLINE_BYTES);
  try {
    return await work();
  } finally {
    setInlining(V8_INLINE_BYTES);
  }
}

function setInlining(bytes: number): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${bytes}`);
}
