/** Random delays of threads and messages, and features switched off: settings on top of a scenario, a few at a time. */
import type { Dice } from "../../scenario/dice.js";

/** A duration that may vary, around some magnitude in ns, as YAML. */
function delay(dice: Dice, low: number, high: number): string {
  const value = dice.magnitude(low, high);
  return dice.weighted([
    [2, () => `${value}ns`],
    [1, () => `{ uniform: { low: 0ns, high: ${2 * value}ns } }`],
    // Its tail is long; the liveness bound must hold all the same.
    [1, () => `{ exponential: ${Math.round(value / 3)}ns }`],
  ] as const)();
}

const MS = 1e6;
/** Cost → range of its typical value in ns. */
const DELAYS: readonly (readonly [cost: string, low: number, high: number])[] = [
  ["flagVisibility", 0.01 * MS, 300 * MS],
  ["eventVisibility", 0.01 * MS, 300 * MS],
  ["rpcLatency", 0.1 * MS, 50 * MS],
  ["updateRpcWire", 0.1 * MS, 1000 * MS],
  ["updateRpcMainThread", 0.05 * MS, 5 * MS],
  ["nettyMessage", 0.002 * MS, 3 * MS],
  ["partitionRequest", 0.01 * MS, 20 * MS],
  ["partitionRequestServe", 0.01 * MS, 40 * MS],
  ["partitionStateCheck", 0.01 * MS, 5 * MS],
  ["tcpConnect", 0.1 * MS, 100 * MS],
  ["taskCreate", 0.1 * MS, 50 * MS],
  ["taskOpen", 1 * MS, 800 * MS],
  ["taskCancel", 1 * MS, 300 * MS],
  // More would keep the main thread from answering heartbeats: a cascade that is right, and never ends.
  ["taskOperation", 0.05 * MS, 1 * MS],
  ["peerErrorReport", 1 * MS, 200 * MS],
  ["reservedSlot", 1 * MS, 400 * MS],
];

export function randomDelays(dice: Dice): string[] {
  const share = dice.pick([0, 0.15, 0.5]);
  return DELAYS.filter(() => dice.chance(share)).map(([cost, low, high]) => `costs.${cost}=${delay(dice, low, high)}`);
}

/** Options of the strategies that have them. Ablations stay out: they break invariants by design. */
export function randomOptions(dice: Dice, strategy: string): string[] {
  if (strategy !== "single-task") return [];
  const settings: string[] = [];
  const maybe = (probability: number, setting: () => string): void => {
    if (dice.chance(probability)) settings.push(`strategyOptions.${setting()}`);
  };
  maybe(
    0.8,
    () =>
      `fallbackTimer=${dice.weighted([
        [1, "off"],
        [3, "300ms"],
        [3, "1s"],
        [1, "2s"],
      ] as const)}`,
  );
  maybe(0.3, () => "peerReports=true");
  maybe(0.4, () => `onReservesExhausted=${dice.pick(["wait", "escalate"])}`);
  maybe(0.3, () => `escalateAfterFailovers=${1 + dice.below(4)}`);
  maybe(0.3, () => `escalateWindow=${dice.pick(["1s", "5s"])}`);
  return settings;
}

/** Limits of the network: small ones make senders wait, which is where protocols go wrong. */
export function randomLimits(dice: Dice): string[] {
  const settings: string[] = [];
  if (dice.chance(0.25))
    settings.push(`engine.config.taskmanager.memory.segment-size=${dice.pick(["4096b", "8192b"])}`);
  if (dice.chance(0.2))
    settings.push(`engine.config.taskmanager.network.memory.max-buffers-per-channel=${dice.pick([2, 10])}`);
  if (dice.chance(0.2)) settings.push(`engine.config.taskmanager.network.netty.server.numThreads=${1 + dice.below(2)}`);
  if (dice.chance(0.1)) settings.push("engine.config.taskmanager.network.memory.floating-buffers-per-gate=1");
  return settings;
}
