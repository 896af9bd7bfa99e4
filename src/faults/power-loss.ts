/** `power-loss`: a machine is gone without a word; only heartbeats notice. With `for:` it comes back. */
import { type FaultKind, NEEDS_NOTHING } from "./fault-port.js";
import { machinesOf } from "./targets.js";

export const powerLoss: FaultKind = {
  name: "power-loss",
  summary: "a machine loses power: no FIN, no RST, no container exit",
  noticedBy: "heartbeat timeout only",
  needs: NEEDS_NOTHING,
  schedule: (fault, context, index) => {
    context.during(fault, () => {
      const machines = machinesOf(fault, context, index);
      for (const machine of machines) context.chaos.powerLoss(machine);
      return () => {
        for (const machine of machines) context.chaos.machineReturns(machine);
      };
    });
  },
};
