/** Every fault kind by name: a literal list; and the door through which a run schedules them. */
import { PRIORITY } from "../kernel/priorities.js";
import type { RandomStreams } from "../kernel/random.js";
import type { Simulation } from "../kernel/simulation.js";
import type { Chaos } from "../model/chaos.js";
import type { ModelConfig } from "../model/config.js";
import { failTask } from "./fail-task.js";
import type { FaultContext, FaultKind } from "./fault-port.js";
import { hangIoThread } from "./hang-io-thread.js";
import { hangTask } from "./hang-task.js";
import { killMachines } from "./kill-machines.js";
import { killTaskManager } from "./kill-task-manager.js";
import { mtbf } from "./mtbf.js";
import { partition } from "./partition.js";
import { powerLoss } from "./power-loss.js";
import { slowMachine } from "./slow-machine.js";
import { slowTask } from "./slow-task.js";

export const FAULT_KINDS: readonly FaultKind[] = [
  killTaskManager,
  powerLoss,
  killMachines,
  mtbf,
  failTask,
  hangTask,
  slowTask,
  slowMachine,
  partition,
  hangIoThread,
];

export function faultKindNamed(name: string): FaultKind | undefined {
  return FAULT_KINDS.find((kind) => kind.name === name);
}

export function scheduleFaults(chaos: Chaos, config: ModelConfig, sim: Simulation, streams: RandomStreams): void {
  const verbs: (() => void)[] = [];
  const strike = sim.defineKind("fault", PRIORITY.failure, (_entity, verb) => verbs[verb]!());
  const repair = sim.defineKind("fault-over", PRIORITY.repair, (_entity, verb) => verbs[verb]!());
  const context: FaultContext = {
    chaos,
    config,
    sim,
    streams,
    at: (timeNs, verb) => {
      verbs.push(verb);
      sim.schedule(timeNs, strike, 0, verbs.length - 1);
    },
    during: (fault, begin) => {
      const endsNs = fault.forNs === null ? null : fault.atNs + fault.forNs;
      context.at(fault.atNs, () => {
        const undo = begin(endsNs);
        if (endsNs === null) return;
        verbs.push(undo);
        sim.schedule(endsNs, repair, 0, verbs.length - 1);
      });
    },
  };
  config.faults.forEach((fault, index) => {
    const kind = faultKindNamed(fault.kind);
    if (kind === undefined) throw new Error(`no fault kind ${fault.kind}`);
    kind.schedule(fault, context, index);
  });
}
