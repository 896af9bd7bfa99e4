/**
 * What a consumer does when a producer answers PartitionNotFound, up to Flink 1.18: it asks the JobManager for the
 * producer's state, one RPC per channel, before it backs off (RemoteChannelStateChecker, Task.triggerPartitionProducer-
 * StateCheck). The answer only costs time: where it would be "gone", the same main thread has decided on the consumer's
 * cancel already. An ask that is not answered in time counts as "still on its way".
 */

import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { MainThread } from "../cluster/main-thread.js";
import { JOB_MANAGER_NODE } from "../cluster/reachability.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { RPC_SALT, rpcWire } from "../rpc-wire.js";
import { TASK_STATE } from "../task-table.js";

/** The asks of one consumer about partitions that one batch of requests did not find. */
interface Ask {
  readonly consumer: number;
  readonly attempt: number;
  answered(step: number): void;
}

export class PartitionStateChecks {
  private readonly context: ControlContext;
  private readonly thread: MainThread;
  private readonly asks = new Map<number, Ask>();
  /** Per ask, how many channels it is about. */
  private readonly channels: number[] = [];
  private readonly notFound: number;
  private readonly answer: number;
  private readonly timeout: number;
  private readonly check: number;
  private readonly stepWire: number;
  private readonly stepTimeout: number;

  constructor(context: ControlContext, thread: MainThread) {
    this.context = context;
    this.thread = thread;
    const { sim, log, draws } = context;
    this.stepWire = log.kindId("partition-state-wire");
    this.stepTimeout = log.kindId("ask-timeout");
    this.notFound = sim.defineKind("partition-not-found", PRIORITY.delivery, (_e, id, _b, step) =>
      this.onNotFound(id, step),
    );
    this.answer = sim.defineKind("partition-state-arrives", PRIORITY.delivery, (_e, id, _b, step) =>
      this.done(id, step),
    );
    this.timeout = sim.defineKind("partition-state-ask-timeout", PRIORITY.timer, (_e, id, _b, cause) =>
      this.onTimeout(id, cause),
    );
    this.check = thread.define({
      name: "partition-state",
      phase: PHASE.connect,
      cost: "partitionStateCheck",
      // Whether anybody still waits for the answer makes no difference to the work.
      costNs: (consumer, id) => draws.draw("partitionStateCheck", consumer, id) * this.channels[id]!,
      handle: (consumer, id, step) => this.onChecked(consumer, id, step),
    });
  }

  /** PartitionNotFound reaches the consumer at `atNs`; `answered` is called when the JobManager has said what it knows. */
  ask(consumer: number, channels: number, atNs: number, cause: number, answered: (step: number) => void): void {
    const { sim, entities, tasks } = this.context;
    const id = this.channels.push(channels) - 1;
    this.asks.set(id, { consumer, attempt: tasks.attempt[consumer]!, answered });
    sim.schedule(atNs, this.notFound, entities.task(consumer), id, 0, cause);
  }

  private onNotFound(id: number, cause: number): void {
    const { sim, entities, tasks, links, config } = this.context;
    const { consumer, attempt } = this.asks.get(id)!;
    if (tasks.attempt[consumer] !== attempt || tasks.state[consumer] !== TASK_STATE.running) {
      this.asks.delete(id);
      return;
    }
    sim.schedule(sim.nowNs + config.engine.askTimeoutNs, this.timeout, entities.task(consumer), id, 0, cause);
    const [dueNs, step] = this.wire(consumer, cause);
    links.send(tasks.taskManager[consumer]!, JOB_MANAGER_NODE, dueNs - sim.nowNs, (arrivesNs) =>
      this.thread.postAt(arrivesNs, entities.task(consumer), this.check, consumer, id, step),
    );
  }

  private onChecked(consumer: number, id: number, cause: number): void {
    if (!this.asks.has(id)) return;
    const { sim, entities, tasks, links } = this.context;
    const [dueNs, step] = this.wire(consumer, cause);
    links.send(JOB_MANAGER_NODE, tasks.taskManager[consumer]!, dueNs - sim.nowNs, (arrivesNs) =>
      sim.schedule(arrivesNs, this.answer, entities.task(consumer), id, 0, step),
    );
  }

  private onTimeout(id: number, cause: number): void {
    const ask = this.asks.get(id);
    if (ask === undefined) return;
    const { sim, log, config } = this.context;
    const { askTimeoutNs } = config.engine;
    const step = log.timed(
      this.stepTimeout,
      PHASE.connect,
      threadId(THREAD.timer, 0),
      ask.consumer,
      sim.nowNs - askTimeoutNs,
      cause,
      "askTimeout",
      askTimeoutNs,
    );
    this.done(id, step);
  }

  private done(id: number, step: number): void {
    const ask = this.asks.get(id);
    this.asks.delete(id);
    ask?.answered(step);
  }

  private wire(consumer: number, cause: number): [dueNs: number, step: number] {
    const { nowNs } = this.context.sim;
    return rpcWire(this.context, RPC_SALT.partitionState, this.stepWire, PHASE.connect, consumer, nowNs, cause);
  }
}
