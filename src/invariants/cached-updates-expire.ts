/**
 * A cached update is applied, or its task fails, within the fallback timer: no channel stays in DRAINING_CACHED longer.
 */
import { CHANNEL } from "../model/network/input-channel.js";
import type { Invariant } from "./invariant.js";

export const cachedUpdatesExpire: Invariant = {
  name: "cached-updates-expire",
  summary: "no channel holds a cached update for longer than the fallback timer",
  probe: ({ context, violated }) => {
    const { sim, topology, config } = context;
    const timerNs = config.strategy.fallbackTimerNs;
    if (timerNs === null) return {};
    const since = new Map<number, { consumer: number; producer: number; atNs: number }>();
    const check = ({ consumer, producer, atNs }: { consumer: number; producer: number; atNs: number }): void => {
      if (sim.nowNs - atNs > timerNs)
        violated(
          "cached-updates-expire",
          `${producer} → ${consumer}: cached at ${atNs} ns, not applied by ${sim.nowNs} ns`,
        );
    };
    return {
      channelMoves: (edge, producer, consumer, from, to) => {
        const key = (edge * topology.tasks + producer) * topology.tasks + consumer;
        if (to === CHANNEL.drainingCached) since.set(key, { consumer, producer, atNs: sim.nowNs });
        else if (from === CHANNEL.drainingCached) {
          const entry = since.get(key);
          if (entry) check(entry);
          since.delete(key);
        }
      },
      attemptEnded: (task) => {
        for (const [key, entry] of since) {
          if (entry.consumer !== task) continue;
          check(entry);
          since.delete(key);
        }
      },
      finished: () => {
        for (const entry of since.values()) check(entry);
      },
    };
  },
};
