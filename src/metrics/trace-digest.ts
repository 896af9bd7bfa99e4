/** Fingerprints without Node's crypto: two interleaved 32-bit hashes over numbers and text, as hexadecimal. */
import type { CausalLog } from "../model/causal-log.js";

export class Fingerprint {
  private a = 0x811c9dc5;
  private b = 0x9e3779b9;

  number(value: number): void {
    // A double's integer part can exceed 32 bits: both halves count, and the fraction in units of 2^-20.
    const low = value >>> 0;
    const high = Math.floor(value / 4294967296) >>> 0;
    const fraction = Math.floor((value - Math.floor(value)) * 1048576);
    this.mix(low);
    this.mix(high);
    if (fraction !== 0) this.mix(fraction);
  }
  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.mix(value.charCodeAt(i));
    this.mix(value.length);
  }
  private mix(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x85ebca6b);
    this.a = (this.a ^ (this.a >>> 15)) >>> 0;
    this.b = Math.imul(this.b + word, 0xc2b2ae35);
    this.b = (this.b ^ (this.b >>> 13) ^ this.a) >>> 0;
  }
  hex(): string {
    return this.a.toString(16).padStart(8, "0") + this.b.toString(16).padStart(8, "0");
  }
}

/** Over every step of the trace, or those that end before `untilNs`: kind, place, times, links. */
export function traceDigest(log: CausalLog, untilNs = Number.POSITIVE_INFINITY): string {
  const print = new Fingerprint();
  for (let step = 0; step < log.length; step++) {
    if (log.endNs[step]! >= untilNs) continue;
    print.text(log.kindNames[log.kind[step]!]!);
    print.number(log.thread[step]!);
    print.number(log.entity[step]!);
    print.number(log.startNs[step]!);
    print.number(log.endNs[step]!);
    if (untilNs === Number.POSITIVE_INFINITY) print.number(log.cause[step]! + 1);
  }
  return print.hex();
}
