/**
 * Makes a case that breaks an invariant smaller, step by step, as long as it still breaks it: fewer faults, fewer
 * settings, a plainer job, rounder times. Greedy and deterministic; knows nothing of what is tested.
 */
import { ns, type SwarmCase } from "./swarm-case.js";

export interface Shrunk {
  readonly swarm: SwarmCase;
  /** Cases that were tried. */
  readonly tried: number;
}

/** Plainer values in the text of a random job, tried one by one. */
const PLAINER: readonly (readonly [RegExp, string])[] = [
  [/taskManagersPerMachine: \d+/, "taskManagersPerMachine: 1"],
  [/reservedTaskManagers: [1-9]\d*/, "reservedTaskManagers: 0"],
  [/provider: (kubernetes|standalone)/, "provider: yarn"],
  [/version: "1\.1\d"/, 'version: "1.9"'],
  [/selectivity: (0\.5|2)/, "selectivity: 1"],
  [/recordSize: (5kB|200B)/g, "recordSize: 1kB"],
  [/resume: latest/g, "resume: committed"],
  [/fixed-delay\.delay: [1-9]\d*ms/, "fixed-delay.delay: 0ms"],
  [/sink: false/, "sink: true"],
];

export function shrink(start: SwarmCase, stillBreaks: (swarm: SwarmCase) => boolean, budget = 400): Shrunk {
  let best = start;
  let tried = 0;
  const accept = (candidate: SwarmCase): boolean => {
    if (tried >= budget) return false;
    tried++;
    if (!stillBreaks(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let before: SwarmCase | null = null; before !== best && tried < budget; ) {
    before = best;
    without("faults", () => best, accept, 1);
    without("settings", () => best, accept, 0);
    if (best.sameTimeOrder !== 0) accept({ ...best, sameTimeOrder: 0 });
    smallerCluster(() => best, accept);
    for (const [pattern, plain] of PLAINER) {
      const base = best.base.replace(pattern, plain);
      if (base !== best.base) accept({ ...best, base });
    }
    rounderTimes(() => best, accept);
  }
  return { swarm: best, tried };
}

type Accept = (candidate: SwarmCase) => boolean;

/** Leaves out entries of a list, halves first, then one by one from the end. */
function without(key: "faults" | "settings", now: () => SwarmCase, accept: Accept, least: number): void {
  for (let size = Math.ceil(now()[key].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = now()[key].length; end > 0; end -= size) {
      const list = now()[key];
      const rest = [...list.slice(0, Math.max(0, end - size)), ...list.slice(end)];
      if (rest.length >= least && rest.length < list.length) accept({ ...now(), [key]: rest });
    }
  }
}

/** Fewer TaskManagers, with as many subtasks as they have slots; one slot each. */
function smallerCluster(now: () => SwarmCase, accept: Accept): void {
  const number = (key: string): number => Number(new RegExp(`\\b${key}: (\\d+)`).exec(now().base)?.[1] ?? 0);
  const resized = (taskManagers: number, slots: number): SwarmCase => {
    const from = number("taskManagers") * number("slotsPerTaskManager");
    const to = taskManagers * slots;
    const base = now()
      .base.replace(
        /parallelism: (\d+)/g,
        (_all, width: string) => `parallelism: ${Math.max(1, Math.round((Number(width) * to) / from))}`,
      )
      .replace(/taskManagers: \d+/, `taskManagers: ${taskManagers}`)
      .replace(/slotsPerTaskManager: \d+/, `slotsPerTaskManager: ${slots}`);
    return { ...now(), base };
  };
  if (number("taskManagers") === 0) return;
  if (number("slotsPerTaskManager") > 1) accept(resized(number("taskManagers"), 1));
  for (const size of [4, 5]) if (number("taskManagers") > size) accept(resized(size, number("slotsPerTaskManager")));
}

/** Times of faults to the next second, tenth of a second or millisecond, whichever still breaks it. */
function rounderTimes(now: () => SwarmCase, accept: Accept): void {
  for (let i = 0; i < now().faults.length; i++) {
    for (const key of ["at", "for"]) {
      for (const unit of [1e9, 1e8, 1e6]) {
        const pattern = new RegExp(`\\b${key}: (\\d+)ns`);
        const value = Number(pattern.exec(now().faults[i]!)?.[1] ?? 0);
        const rounded = Math.max(unit, Math.round(value / unit) * unit);
        if (value === 0 || value % unit === 0) break;
        const faults = now().faults.map((fault, at) =>
          at === i ? fault.replace(pattern, `${key}: ${ns(rounded)}`) : fault,
        );
        if (accept({ ...now(), faults })) break;
      }
    }
  }
}
