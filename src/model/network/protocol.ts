import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import type { Probe } from "../probe.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { CellCoverage } from "./cell-coverage.js";
import { ChannelRows, NONE } from "./channel-rows.js";
import { Connector } from "./connector.js";
import type { AttemptEnd, DataPlane, PlaneListener } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import { PeerNotices } from "./peer-notices.js";
import { type ChannelUpdate, ReceiverSide } from "./receiver-side.js";
import { SenderSide } from "./sender-side.js";
import { NetworkSteps } from "./steps.js";
import { SUBPARTITION } from "./subpartition.js";

export interface NetworkListener {
  /** The task thread throws because of a lost peer, or because its fallback timer fired. */
  failTask(task: number, step: number, because: "peer" | "timer" | "partition-not-found"): void;
  /** A survivor tells the JobManager of a lost peer (`peerReports`). */
  reportLost(task: number, attempt: number, step: number): void;
}

export class Network implements PlaneListener {
  readonly rows: ChannelRows;
  readonly connector: Connector;
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly observer: RecoveryObserver;
  private readonly listener: NetworkListener;
  /** By the JobManager's book. */
  private readonly newestAttempt: Int32Array;
  private readonly notices: PeerNotices;
  private plane!: DataPlane;
  private readonly steps: NetworkSteps;
  private readonly waitingForTask = new Map<number, (() => void)[]>();
  /** Attempts that failed on a TaskManager that lived on: its connections still know their channels. */
  private readonly failedOn = new Map<number, { task: number; attempt: number }[]>();
  private readonly cells = new CellCoverage();
  private readonly sender: SenderSide;
  private readonly receiver: ReceiverSide;

  constructor(
    context: ControlContext,
    policy: DataPlanePolicy,
    observer: RecoveryObserver,
    probe: Probe,
    newestAttempt: Int32Array,
    listener: NetworkListener,
  ) {
    this.context = context;
    this.policy = policy;
    this.observer = observer;
    this.newestAttempt = newestAttempt;
    this.listener = listener;
    this.rows = new ChannelRows(context.topology);
    this.steps = new NetworkSteps(context);
    this.receiver = new ReceiverSide(context, policy, this.rows, this.steps, probe, this.cells, {
      timerFailsTask: (task, step) => listener.failTask(task, step, "timer"),
      reconnect: (consumer, list, step) => this.connector.reconnect(consumer, list, step),
    });
    this.sender = new SenderSide(context, policy, this.rows, probe, this.cells, {
      viewRegistered: (row, producerAttempt, step) => this.onViewRegistered(row, producerAttempt, step),
    });
    this.notices = new PeerNotices(context, policy, this.steps, this.rows, {
      consumerClosed: (row, attempt) => this.sender.onConsumerClosed(row, attempt),
      producerLost: (row, attempt, step) => this.receiver.onError(row, attempt, step),
      peerFailed: (task, step) => this.onPeerFailed(task, step),
      reportLost: (task, attempt, step) => listener.reportLost(task, attempt, step),
    });
    this.connector = new Connector(
      context,
      this.rows,
      this.steps,
      observer,
      policy.receiver === "survive",
      newestAttempt,
      {
        requested: (row, consumerAttempt, producerAttempt, step) =>
          this.sender.onRequested(row, consumerAttempt, producerAttempt, step),
        refused: (row, producerAttempt, step) => this.receiver.onError(row, producerAttempt, step),
        gaveUp: (consumer, step) => listener.failTask(consumer, step, "partition-not-found"),
        whenLoopResumes: (tm, retry) => this.notices.whenLoopResumes(tm, retry),
        whenTaskResumes: (task, retry) => this.whenTaskResumes(task, retry),
      },
    );
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
    this.sender.attach(plane);
    this.receiver.attach(plane);
    this.connector.attach(plane);
    this.notices.attach(plane);
  }

  private get survives(): boolean {
    return this.policy.receiver === "survive";
  }

  /** How often each (state, event) cell of the two tables was used. */
  get coverage(): ReadonlyMap<string, number> {
    return this.cells.cells;
  }

  // --- channels ---
  private onViewRegistered(row: number, producerAttempt: number, step: number): void {
    this.receiver.onRegistered(row, producerAttempt, step);
    if (this.rows.registered[row] === 1) return;
    this.rows.registered[row] = 1;
    this.observer.changeChannelsDown(-1, step);
  }
  unavailableConsumed(edge: number, producer: number, consumer: number): void {
    this.receiver.unavailableConsumed(edge, producer, consumer);
  }
  updateArrives(consumer: number, consumerAttempt: number, updates: readonly ChannelUpdate[], step: number): void {
    this.receiver.updateArrives(consumer, consumerAttempt, updates, step);
  }

  // --- attempts ---
  /**
   * The newest attempts of these tasks, all on `tm`, end now. `silent`: with their machine, or unseen behind a cut, and
   * no peer notices. Where consumers fail with their producers, channels are dealt with in bulk, save those of a task
   * that fails `byItself` under a strategy that leaves others running.
   */
  tasksEnded(tasks: readonly number[], tm: number, how: AttemptEnd, step: number, byItself = false): void {
    const { tasks: table, topology } = this.context;
    const alone = byItself && this.policy.leavesOthersRunning === true;
    const bulk = how === "canceled" || !(this.survives || alone);
    for (const task of tasks) {
      table.endedNs[task] = this.context.sim.nowNs;
      this.waitingForTask.delete(task);
      for (const row of this.rows.rowsOfConsumer(task)) this.receiver.stopTimer(row);
      if (bulk) this.connector.views.closeAll(task, step);
      else {
        this.rows.touch(task, table.attempt, (consumer) => this.connector.views.connectsInBulk(consumer));
        this.plane.touch(task);
      }
    }
    for (const task of tasks) {
      if (bulk) {
        if (topology.inEdges[topology.taskVertex[task]!]!.length > 0) this.plane.closeAllViews(task);
      } else this.rowsDown(task, step);
      this.plane.attemptEnded(task, how);
      if (alone) this.sender.holdAtSenders(task);
    }
    if (how === "canceled" || how === "silent") return;
    if (how === "failed" && this.survives) {
      const list = this.failedOn.get(tm) ?? [];
      for (const task of tasks) list.push({ task, attempt: table.attempt[task]! });
      this.failedOn.set(tm, list);
    }
    this.notices.lost(tasks, tm, how === "killed", step);
  }

  /** A process has died: what its connections carried for attempts that failed there earlier is closed again. */
  taskManagerDied(tm: number, step: number): void {
    const earlier = this.failedOn.get(tm) ?? [];
    this.failedOn.delete(tm);
    this.connectionsClosed(earlier, tm, true, step);
  }

  /** Connections of attempts that ended before close now: with their process, or when a cut-off TaskManager gives its zombies up. */
  connectionsClosed(
    tasks: readonly { task: number; attempt: number }[],
    tm: number,
    processDied: boolean,
    step: number,
  ): void {
    if (this.survives && tasks.length > 0) this.notices.closed(tasks, tm, processDied, step);
  }

  private rowsDown(task: number, step: number): void {
    const { rows, connector } = this;
    if (connector.views.connectsInBulk(task)) connector.views.endBulk(task);
    let down = 0;
    for (const list of [rows.rowsOfConsumer(task), rows.rowsOfProducer(task)]) {
      for (const row of list) {
        if (rows.inBulk[row] === 1) {
          // Its consumer is connecting, and may have asked this producer already, but not for an attempt since replaced.
          const attempt = this.context.tasks.attempt[task]!;
          connector.views.leaveBulk(row);
          rows.channel[row] = CHANNEL.reconnecting;
          rows.askedAttempt[row] = attempt === this.newestAttempt[task] ? attempt : NONE;
          rows.readsAttempt[row] = NONE;
        } else if (rows.registered[row] === 1) {
          rows.registered[row] = 0;
          down++;
        }
      }
    }
    if (down > 0) this.observer.changeChannelsDown(down, step);
    this.connector.views.forget(task);
  }

  /** The new attempt is RUNNING: its partitions are fresh, and it asks for its inputs, one TaskManager after the other. */
  taskRunning(task: number, step: number): void {
    const { rows } = this;
    for (const row of rows.rowsOfProducer(task)) {
      rows.subpartition[row] = SUBPARTITION.available;
      rows.viewAttempt[row] = NONE;
      rows.closedAttempt[row] = NONE;
      rows.flagVersion[row]!++;
    }
    for (const row of rows.rowsOfConsumer(task)) {
      rows.channel[row] = CHANNEL.reconnecting;
      rows.readsAttempt[row] = NONE;
      rows.askedAttempt[row] = NONE;
      rows.cachedAttempt[row] = NONE;
    }
    this.connector.startChain(task, step);
  }

  private onPeerFailed(task: number, step: number): void {
    // A hanging thread meets the error when it goes on.
    if (this.context.tasks.hung[task] === 1)
      this.whenTaskResumes(task, () => this.listener.failTask(task, step, "peer"));
    else this.listener.failTask(task, step, "peer");
  }

  // --- threads that hang ---
  private whenTaskResumes(task: number, retry: () => void): void {
    const list = this.waitingForTask.get(task);
    if (list) list.push(retry);
    else this.waitingForTask.set(task, [retry]);
  }
  taskResumed(task: number): void {
    const list = this.waitingForTask.get(task) ?? [];
    this.waitingForTask.delete(task);
    for (const retry of list) retry();
  }
  loopResumed(tm: number): void {
    this.notices.loopResumed(tm);
  }
}
