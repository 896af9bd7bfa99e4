/**
 * The JobManager's update RPCs of single-task recovery: after a producer has reported RUNNING, each of its consumers
 * gets one RPC with all its changed channels; changes that come while the RPC still waits on the main thread ride
 * along. What it carries is what the JobManager knew when it left.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { JobManager } from "../cluster/job-manager.js";
import { JOB_MANAGER_NODE } from "../cluster/reachability.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { TASK_STATE } from "../task-table.js";
import type { Network } from "./protocol.js";
import type { ChannelUpdate } from "./receiver-side.js";

export class UpdateRpcs {
  private readonly context: ControlContext;
  private readonly jobManager: JobManager;
  private readonly network: Network;
  private readonly queued: Uint8Array;
  private readonly payloads: (readonly ChannelUpdate[])[] = [];
  private readonly stepWire: number;
  private readonly arrives: number;
  private readonly send: number;
  /** RPCs sent to each consumer so far: the index of the next one's draw. */
  private readonly sent: Int32Array;

  constructor(context: ControlContext, jobManager: JobManager, network: Network) {
    this.context = context;
    this.jobManager = jobManager;
    this.network = network;
    this.queued = new Uint8Array(context.topology.tasks);
    this.sent = new Int32Array(context.topology.tasks);
    const { sim, log, draws } = context;
    this.stepWire = log.kindId("update-rpc-wire");
    this.arrives = sim.defineKind("update-rpc-arrives", PRIORITY.delivery, (entity, attempt, payload, step) => {
      network.updateArrives(entity - context.entities.task(0), attempt, this.payloads[payload]!, step);
    });
    this.send = jobManager.thread.define({
      name: "update-rpc",
      phase: PHASE.connect,
      cost: "updateRpcMainThread",
      costNs: (consumer) => draws.draw("updateRpcMainThread", consumer, 0),
      handle: (consumer, _b, step) => this.onSend(consumer, step),
    });
  }

  /** Queues an RPC to every consumer of the task that has none queued. */
  announce(task: number, step: number): void {
    const { topology, tasks } = this.context;
    const { rows } = this.network;
    for (const edge of topology.outEdges[topology.taskVertex[task]!]!) {
      const base = topology.taskBase[edge.to]!;
      for (const row of rows.rowsOfProducer(task)) {
        const consumer = rows.consumer[row]!;
        if (
          consumer < base ||
          consumer >= base + edge.consumers ||
          this.queued[consumer] ||
          tasks.state[consumer] === TASK_STATE.down
        )
          continue;
        this.queued[consumer] = 1;
        this.jobManager.thread.post(this.send, consumer, 0, step);
      }
    }
  }

  private onSend(consumer: number, step: number): void {
    const { sim, draws, log, links, tasks, entities } = this.context;
    const { rows } = this.network;
    this.queued[consumer] = 0;
    const updates: ChannelUpdate[] = [];
    for (const row of rows.rowsOfConsumer(consumer)) {
      const attempt = this.jobManager.graph.announced[rows.producer[row]!]!;
      if (attempt <= rows.toldAttempt[row]!) continue;
      rows.toldAttempt[row] = attempt;
      updates.push({ row, attempt });
    }
    this.payloads.push(updates);
    const payload = this.payloads.length - 1;
    const cost = draws.draw("updateRpcWire", consumer, this.sent[consumer]!++);
    const wire = log.timed(
      this.stepWire,
      PHASE.connect,
      threadId(THREAD.wire, 0),
      consumer,
      sim.nowNs,
      step,
      "updateRpcWire",
      cost,
    );
    const attempt = tasks.attempt[consumer]!;
    links.send(JOB_MANAGER_NODE, tasks.taskManager[consumer]!, cost, (at) =>
      sim.schedule(at, this.arrives, entities.task(consumer), attempt, payload, wire),
    );
  }
}
