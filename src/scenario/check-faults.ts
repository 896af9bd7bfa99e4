/** Faults that cannot happen as written: targets that do not exist, times after the end. */
import { FAULT_KINDS, faultKindNamed } from "../faults/registry.js";
import type { FaultConfig, ModelConfig } from "../model/config.js";
import { planeVerbs } from "../model/network/planes.js";
import { checkMessages } from "./check-messages.js";
import type { Finding } from "./finding.js";
import { JOB_MANAGER } from "./to-model.js";

export function faultFindings(config: ModelConfig): Finding[] {
  return config.faults.flatMap((fault, i) =>
    findingsOf(config, fault).map((finding) => ({ ...finding, path: ["faults", i, ...finding.path] })),
  );
}

function findingsOf(config: ModelConfig, fault: FaultConfig): Finding[] {
  const { cluster } = config;
  const taskManagers = cluster.taskManagers + cluster.reservedTaskManagers;
  const machines = Math.ceil(taskManagers / cluster.taskManagersPerMachine);
  const racks = Math.ceil(machines / cluster.machinesPerRack);
  const found: Finding[] = [];
  const refuse = (path: Finding["path"], problem: Finding["problem"]) =>
    found.push({ severity: "error", allowance: null, path, problem });
  const index = (what: string, value: number, count: number, path: Finding["path"]): void => {
    if (value >= count) refuse(path, checkMessages.noSuchIndex(what, value, count));
  };
  if (faultKindNamed(fault.kind) === undefined) {
    refuse(
      ["kind"],
      checkMessages.notSimulated(
        "fault kind",
        fault.kind,
        FAULT_KINDS.map((kind) => kind.name),
      ),
    );
  }
  const verbs: readonly string[] = planeVerbs(config.resolutionNs);
  if (
    faultKindNamed(fault.kind)
      ?.needs(fault)
      .some((verb) => !verbs.includes(verb))
  ) {
    refuse(["kind"], checkMessages.needsExact(fault.kind));
  }
  if (fault.atNs >= config.durationNs) refuse(["at"], checkMessages.faultAfterEnd(fault.atNs, config.durationNs));
  const { target } = fault;
  switch (target?.kind) {
    case "taskManager":
      index("TaskManager", target.taskManager, taskManagers, ["target", "taskManager"]);
      break;
    case "machine":
      index("machine", target.machine + (fault.options.count ?? 1) - 1, machines, ["target", "machine"]);
      break;
    case "rack":
      index("rack", target.rack, racks, ["target", "rack"]);
      break;
    case "random": {
      const [what, count] =
        fault.kind === "kill-machines" ? ["machines", machines] : ["TaskManagers", cluster.taskManagers];
      if (target.count > Number(count)) {
        refuse(["target", "random"], checkMessages.tooMany(String(what), target.count, Number(count)));
      }
      break;
    }
    case "task": {
      const vertex = config.vertices[target.vertex];
      if (vertex !== undefined)
        index(`subtask of ${vertex.id}`, target.subtask, vertex.parallelism, ["target", "subtask"]);
      break;
    }
    case "sets":
      for (const side of ["from", "to"] as const) {
        const worst = Math.max(...target[side]);
        if (worst !== JOB_MANAGER) index("TaskManager", worst, taskManagers, ["target", side]);
      }
      break;
    default:
      break;
  }
  if (fault.kind === "hang-io-thread") {
    const { nettyClientThreads, nettyServerThreads } = config.engine;
    const threads =
      (fault.options.client === 1 ? nettyClientThreads : nettyServerThreads) || cluster.slotsPerTaskManager;
    index("event loop", fault.options.thread ?? 0, threads, ["thread"]);
  }
  return found;
}
