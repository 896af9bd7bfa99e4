/** Runs the control plane of a scenario on the null plane, watched for its invariants, for tests. */
import { strategyNamed } from "../../failover/registry.js";
import { scheduleFaults } from "../../faults/registry.js";
import { INVARIANTS } from "../../invariants/registry.js";
import type { ModelConfig } from "../config.js";
import { createNullPlane, type NullPlane } from "../network/null-plane.js";
import { type RunRecord, simulate } from "../simulate.js";

export function controlRun(
  config: ModelConfig,
  options: { drainNs?: number } = {},
): RunRecord & { nullPlane: NullPlane } {
  let nullPlane: NullPlane | undefined;
  const record = simulate(
    config,
    {
      strategy: strategyNamed(config.strategy.name)!,
      createPlane: (context, listener) => {
        nullPlane = createNullPlane(context, listener, options);
        return nullPlane;
      },
      scheduleFaults,
      probes: INVARIANTS.map(({ probe }) => probe),
    },
    { measureFromNs: 0 },
  );
  return { ...record, nullPlane: nullPlane! };
}
