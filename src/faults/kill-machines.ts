/**
 * `kill-machines`: several machines at one instant: neighbours, a rack, or a random draw. `silent` (the default) is a
 * power loss; otherwise their processes die and the sockets close. With `for:` they come back.
 */
import { type FaultKind, NEEDS_NOTHING } from "./fault-port.js";
import { machinesOf } from "./targets.js";

export const killMachines: FaultKind = {
  name: "kill-machines",
  summary: "several machines at once: neighbours, a rack or a random draw",
  noticedBy: "heartbeat timeout only if silent; else peers, the provider and heartbeats",
  needs: NEEDS_NOTHING,
  schedule: (fault, context, index) => {
    context.during(fault, () => {
      const machines = machinesOf(fault, context, index);
      for (const machine of machines) {
        if (fault.options.silent === 0) context.chaos.killMachine(machine);
        else context.chaos.powerLoss(machine);
      }
      return () => {
        for (const machine of machines) context.chaos.machineReturns(machine);
      };
    });
  },
};
