/** Trace steps of the network: wires and FIFO threads, so that waiting shows as the service of what was ahead. */
import { type CostLabel, costIndex, THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE, type StepPhase } from "../phases.js";

export class NetworkSteps {
  private readonly context: ControlContext;
  private readonly wireKind: number;
  private readonly queueKind: number;
  private readonly requestKind: number;

  constructor(context: ControlContext) {
    this.context = context;
    this.wireKind = context.log.kindId("link");
    this.requestKind = context.log.kindId("partition-requests");
    this.queueKind = context.log.kindId("served-before");
  }

  wire(phase: StepPhase, entity: number, startNs: number, cause: number): { arrivesNs: number; step: number } {
    const latencyNs = this.context.config.cluster.linkLatencyNs;
    const step = this.context.log.timed(
      this.wireKind,
      phase,
      threadId(7, 0),
      entity,
      startNs,
      cause,
      "linkLatency",
      latencyNs,
    );
    return { arrivesNs: startNs + latencyNs, step };
  }

  /** A consumer's chain of TCP connects and partition requests up to one that left at `leaveNs`. */
  requests(consumer: number, startNs: number, leaveNs: number, connectNs: number, cause: number): number {
    return this.context.log.add(
      this.requestKind,
      PHASE.connect,
      threadId(THREAD.task, consumer),
      consumer,
      startNs,
      leaveNs,
      cause,
      -1,
      costIndex("tcpConnect"),
      connectNs,
      costIndex("partitionRequest"),
      leaveNs - startNs - connectNs,
    );
  }

  /** A service that ended at `doneNs` on a FIFO thread it reached at `readyNs`; what it waited for is a step of its own. */
  service(
    kind: number,
    phase: StepPhase,
    thread: number,
    entity: number,
    readyNs: number,
    doneNs: number,
    cause: number,
    costA: CostLabel,
    costANs: number,
    costB?: CostLabel,
    costBNs = 0,
  ): number {
    const { log } = this.context;
    const startNs = doneNs - costANs - costBNs;
    const ready =
      startNs > readyNs
        ? log.add(
            this.queueKind,
            phase,
            thread,
            entity,
            readyNs,
            startNs,
            cause,
            -1,
            costIndex("queue"),
            startNs - readyNs,
          )
        : cause;
    return log.add(
      kind,
      phase,
      thread,
      entity,
      startNs,
      doneNs,
      ready,
      -1,
      costIndex(costA),
      costANs,
      costB === undefined ? -1 : costIndex(costB),
      costBNs,
    );
  }
}
