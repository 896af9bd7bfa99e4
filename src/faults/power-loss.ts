/** `power-loss`: a machine is gone without a word; only heartbeats notice. */
import type { FaultKind } from "./fault-port.js";
import { taskManagersOf } from "./targets.js";

export const powerLoss: FaultKind = {
  name: "power-loss",
  summary: "a machine loses power: no FIN, no RST, no container exit",
  noticedBy: "heartbeat timeout only",
  schedule: (fault, context, index) => {
    context.at(fault.atNs, () => {
      const machines = new Set(taskManagersOf(fault, context, index).map((tm) => context.chaos.context.cluster.machineOf(tm)));
      for (const machine of machines) context.chaos.powerLoss(machine);
    });
  },
};
