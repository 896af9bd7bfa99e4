/** What a worker thread of the recovery studies does with one run. */
import { simulateCase, simulateControlPlane } from "../../scenario/run-case.js";
import type { Recovery, RecoveryTask } from "./recovery.js";

export default function perform({ config, plane }: RecoveryTask): Recovery {
  const record = plane === "full" ? simulateCase(config) : simulateControlPlane(config);
  const [incident] = record.incidents;
  return {
    recoveryNs: incident === undefined ? 0 : incident.recoveredNs - incident.startNs,
    tasksRestarted: record.tasksRestarted,
    falseAlarms: record.markers.filter(({ name }) => name.startsWith("false alarm")).length,
    broken: [...record.violations, ...record.plane.violations].map(({ name }) => name),
  };
}
