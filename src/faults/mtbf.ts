/**
 * `mtbf`: failures at random times over the rest of the run: exponential gaps, a share of the failures in groups (51 %
 * of machine removals came in groups within 60 s, `model.md` §6). Every draw has an address of its own, so times and
 * draws are the same in all cases of a seed; which TaskManager a draw hits depends on who is alive.
 */

import { sampleNs } from "../kernel/distributions.js";
import type { FaultConfig } from "../model/config.js";
import { type FaultContext, type FaultKind, NEEDS_NOTHING } from "./fault-port.js";

export const mtbf: FaultKind = {
  name: "mtbf",
  summary: "random failures over the whole rest of the run, some of them in groups",
  noticedBy: "those who notice such a failure",
  needs: NEEDS_NOTHING,
  schedule: (fault, context, index) => {
    for (const { atNs, u } of failuresOf(fault, context, index)) context.at(atNs, () => strike(fault, context, u));
  },
};

/** Times of all failures until the end of the run, and a uniform draw for the target of each. */
export function failuresOf(
  fault: FaultConfig,
  context: Pick<FaultContext, "streams" | "config">,
  index: number,
): { atNs: number; u: number }[] {
  const { meanIntervalNs, burstShare, burstSize, burstWithinNs } = fault.options as Record<string, number>;
  const gaps = context.streams.family("fault/mtbf-gap");
  const kinds = context.streams.family("fault/mtbf-kind");
  const offsets = context.streams.family("fault/mtbf-offset");
  const targets = context.streams.family("fault/mtbf-target");
  // Of all failures `burstShare` come in groups, so arrivals (single or group) are fewer than failures.
  const failuresPerArrival = 1 / (1 - burstShare! + burstShare! / burstSize!);
  const groupProbability = (burstShare! / burstSize!) * failuresPerArrival;
  const failures: { atNs: number; u: number }[] = [];
  let atNs = fault.atNs;
  for (let arrival = 0; ; arrival++) {
    atNs += sampleNs(
      { kind: "exponential", meanNs: meanIntervalNs! * failuresPerArrival },
      gaps.uniform53(index, arrival),
    );
    if (atNs >= context.config.durationNs) break;
    const size = kinds.uniform(index, arrival) < groupProbability ? burstSize! : 1;
    for (let member = 0; member < size; member++) {
      const offsetNs =
        member === 0 ? 0 : Math.floor(offsets.uniform53(index, arrival * 1024 + member) * burstWithinNs!);
      if (atNs + offsetNs < context.config.durationNs)
        failures.push({ atNs: atNs + offsetNs, u: targets.uniform(index, arrival * 1024 + member) });
    }
  }
  return failures.sort((a, b) => a.atNs - b.atNs);
}

function strike(fault: FaultConfig, context: FaultContext, u: number): void {
  const { cluster } = context.chaos.context;
  const alive: number[] = [];
  for (let tm = 0; tm < cluster.taskManagers; tm++) if (cluster.alive(tm)) alive.push(tm);
  const victim = alive[Math.floor(u * alive.length)];
  if (victim === undefined) return;
  if (fault.options.machines === 1) context.chaos.powerLoss(cluster.machineOf(victim));
  else context.chaos.killTaskManager(victim);
}
