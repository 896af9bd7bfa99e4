/** What every fault leaves where it can be seen: a step of the trace, a marker, its incident. Does nothing to the model. */
import { THREAD, threadId } from "./causal-log.js";
import type { ControlContext } from "./control-context.js";
import { PHASE } from "./phases.js";
import type { Probe } from "./probe.js";
import type { Recorder } from "./recorder.js";
import type { RecoveryObserver } from "./recovery-observer.js";

export interface MarkedParts {
  readonly observer: RecoveryObserver;
  readonly record: Recorder;
  readonly probe: Probe;
}

export class FaultMarks {
  private readonly context: ControlContext;
  private readonly parts: MarkedParts;
  private readonly stepFault: number;

  constructor(context: ControlContext, parts: MarkedParts) {
    this.context = context;
    this.parts = parts;
    this.stepFault = context.log.kindId("fault");
  }

  /** A fault strikes; returns its step, the first cause of what follows. */
  begin(name: string, endsNs: number | null): number {
    const { sim, log } = this.context;
    const step = log.add(this.stepFault, PHASE.none, threadId(THREAD.world, 0), 0, sim.nowNs, sim.nowNs, -1, -1);
    this.parts.observer.fault(name, step);
    this.parts.record.incident = this.parts.observer.incidents.length - 1;
    this.parts.record.mark(`fault: ${name}`);
    this.parts.probe.fault?.(name, endsNs);
    return step;
  }

  /** A fault that lasts keeps its incident open until it is over. */
  beginLasting(name: string, endsNs: number | null): number {
    const step = this.begin(name, endsNs);
    this.parts.observer.holdOpen();
    return step;
  }

  /** A lasting one ends. */
  over(name: string): void {
    this.parts.record.mark(`over: ${name}`);
    this.parts.observer.letGo();
  }

  /** As people say it: the vertex and the subtask. */
  taskName(task: number): string {
    const { topology, config } = this.context;
    return `${config.vertices[topology.taskVertex[task]!]!.id} (${topology.taskSubtask[task]!})`;
  }
}
