/** Which consumers of a vertex are alike enough to be one base class of its book of matches. */
import type { SinkGroup } from "./layout.js";

/** Consumers of about equal key share form a base class: the hottest may lag behind, and then meet their records later. */
export function shareSlots(sink: SinkGroup): { slotOf: Uint8Array; shares: Float64Array } {
  const { edge } = sink.inputs[0]!;
  const steps = new Map<number, number>();
  const slotOf = new Uint8Array(sink.consumers);
  const shares: number[] = [];
  const stepOf = (c: number): number => {
    const relative = edge.allToAll ? edge.shares[c]! * sink.consumers : 1;
    return Math.max(-2, Math.min(8, Math.round(Math.log(Math.max(relative, 1e-9)) / Math.log(1.2))));
  };
  // The class of most keys first: what is in no class of its own follows it.
  const weight = new Map<number, number>();
  for (let c = 0; c < sink.consumers; c++)
    weight.set(stepOf(c), (weight.get(stepOf(c)) ?? 0) + (edge.allToAll ? edge.shares[c]! : 1 / sink.consumers));
  for (const [step, share] of [...weight].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    steps.set(step, shares.length);
    shares.push(share);
  }
  for (let c = 0; c < sink.consumers; c++) slotOf[c] = steps.get(stepOf(c))!;
  return { slotOf, shares: Float64Array.from(shares) };
}
