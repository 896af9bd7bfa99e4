/**
 * `partition`: messages between two sets of TaskManagers (or the JobManager) do not get through, one way or both.
 * TCP retransmits: what was sent arrives once it is over. A TaskManager cut off from the JobManager fails its tasks when
 * its own heartbeat monitor fires; until then it is a zombie if the JobManager was faster.
 */
import { JOB_MANAGER_NODE } from "../model/cluster/reachability.js";
import type { FaultKind } from "./fault-port.js";

export const partition: FaultKind = {
  name: "partition",
  summary: "messages between two sets of TaskManagers, or them and the JobManager, do not get through",
  noticedBy: "heartbeats where the JobManager is on one side; between TaskManagers nobody",
  needs: (fault) => (betweenTaskManagers(fault.target) ? ["setLinkState"] : []),
  schedule: (fault, context) => {
    const { target } = fault;
    if (target?.kind !== "sets") throw new Error("partition needs two sets as its target");
    const cuts: [number, number][] = [];
    for (const from of target.from) {
      for (const to of target.to) {
        cuts.push([from, to]);
        if (!target.oneWay) cuts.push([to, from]);
      }
    }
    const side = (members: readonly number[]): string =>
      members.map((member) => (member === JOB_MANAGER_NODE ? "JobManager" : String(member))).join("+");
    const name = `partition ${side(target.from)} ${target.oneWay ? "→" : "↔"} ${side(target.to)}`;
    context.during(fault, (endsNs) => context.chaos.partition(name, cuts, endsNs));
  },
};

function betweenTaskManagers(target: Parameters<FaultKind["needs"]>[0]["target"]): boolean {
  if (target?.kind !== "sets") return false;
  const hasTaskManager = (members: readonly number[]): boolean => members.some((member) => member !== JOB_MANAGER_NODE);
  return hasTaskManager(target.from) && hasTaskManager(target.to);
}
