/**
 * The channel protocol when tasks are lost: carries out the two state machines of `model.md` §4.2 (`subpartition.ts`,
 * U1–U5; `input-channel.ts`, D1–D4 and the CachedChannelProvider). Who is told of a loss is `peer-notices.ts`,
 * connecting is `connector.ts`, the update RPC is `update-rpcs.ts`; what is in the queues is the data plane's.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { Probe, RegisteredView } from "../probe.js";
import type { RecoveryObserver } from "../recovery-observer.js";
import { TASK_STATE } from "../task-table.js";
import { ChannelRows, NONE } from "./channel-rows.js";
import { Connector } from "./connector.js";
import type { AttemptEnd, DataPlane, PlaneListener } from "./data-plane.js";
import { CHANNEL, CHANNEL_EVENT, CHANNEL_EVENTS, CHANNEL_NAMES, CHANNEL_TABLE } from "./input-channel.js";
import { PeerNotices } from "./peer-notices.js";
import { NetworkSteps } from "./steps.js";
import {
  SUBPARTITION,
  SUBPARTITION_EVENT,
  SUBPARTITION_EVENTS,
  SUBPARTITION_NAMES,
  SUBPARTITION_TABLE,
} from "./subpartition.js";

export interface NetworkListener {
  /** The task thread throws because of a lost peer, or because its fallback timer fired. */
  failTask(task: number, step: number, because: "peer" | "timer" | "partition-not-found"): void;
  /** A survivor tells the JobManager of a lost peer (`peerReports`). */
  reportLost(task: number, attempt: number, step: number): void;
}

/** One changed channel in an update RPC. */
export interface ChannelUpdate {
  readonly row: number;
  readonly attempt: number;
}

export class Network implements PlaneListener {
  readonly rows: ChannelRows;
  readonly connector: Connector;
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly observer: RecoveryObserver;
  private readonly listener: NetworkListener;
  private readonly probe: Probe;
  /** By the JobManager's book. */
  private readonly newestAttempt: Int32Array;
  private readonly notices: PeerNotices;
  private plane!: DataPlane;
  private readonly timerFires: number;
  private readonly flagVisible: number;
  private readonly eventVisible: number;
  private readonly steps: NetworkSteps;
  private readonly stepTimer: number;
  private readonly updateStep = new Map<number, number>();
  private readonly waitingForTask = new Map<number, (() => void)[]>();
  /** Attempts that failed on a TaskManager that lived on: its connections still know their channels. */
  private readonly failedOn = new Map<number, { task: number; attempt: number }[]>();
  private unavailableEvents = 0;
  /** How often each (state, event) cell of the two tables was used. */
  readonly coverage = new Map<string, number>();

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
    this.probe = probe;
    this.newestAttempt = newestAttempt;
    this.listener = listener;
    this.rows = new ChannelRows(context.topology);
    this.steps = new NetworkSteps(context);
    const { sim, log } = context;
    this.stepTimer = log.kindId("fallback-timer");
    this.notices = new PeerNotices(context, policy, this.steps, this.rows, {
      consumerClosed: (row, attempt) => this.onConsumerClosed(row, attempt),
      producerLost: (row, attempt, step) => this.onError(row, attempt, step),
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
          this.onRequested(row, consumerAttempt, producerAttempt, step),
        refused: (row, producerAttempt, step) => this.onError(row, producerAttempt, step),
        gaveUp: (consumer, step) => listener.failTask(consumer, step, "partition-not-found"),
        whenLoopResumes: (tm, retry) => this.notices.whenLoopResumes(tm, retry),
        whenTaskResumes: (task, retry) => this.whenTaskResumes(task, retry),
      },
    );
    this.timerFires = sim.defineKind("fallback-timer", PRIORITY.timer, (_e, row, consumerAttempt, step) =>
      this.onTimer(row, consumerAttempt, step),
    );
    this.flagVisible = sim.defineKind("availability-flag-visible", PRIORITY.completion, (_e, row, version) => {
      if (this.rows.flagVersion[row] === version) this.showFlag(row);
    });
    this.eventVisible = sim.defineKind("unavailable-event-visible", PRIORITY.completion, (_e, row, consumerAttempt) => {
      const consumer = this.rows.consumer[row]!;
      const { attempt, state } = context.tasks;
      // With its attempt went its queue.
      if (attempt[consumer] === consumerAttempt && state[consumer] === TASK_STATE.running) this.showEvent(row);
    });
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
    this.connector.attach(plane);
    this.notices.attach(plane);
  }

  private get survives(): boolean {
    return this.policy.receiver === "survive";
  }

  private cover(machine: string, state: string, event: string): void {
    const key = `${machine}: ${state} × ${event}`;
    this.coverage.set(key, (this.coverage.get(key) ?? 0) + 1);
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
      for (const row of this.rows.rowsOfConsumer(task)) this.stopTimer(row);
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
      if (alone) this.holdAtSenders(task);
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

  /** Vanilla senders are told of nothing (`peer-notices.ts`): without a reader their queues grow. */
  private holdAtSenders(task: number): void {
    const { rows } = this;
    for (const row of rows.rowsOfConsumer(task)) {
      rows.subpartition[row] = SUBPARTITION.unavailable;
      rows.flagVersion[row]!++;
      this.plane.closeView(rows.edge[row]!, rows.producer[row]!, task, "hold");
    }
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

  // --- sender: subpartition ---
  private subpartitionEvent(row: number, event: number): void {
    const { rows } = this;
    const state = rows.subpartition[row]!;
    this.cover("subpartition", SUBPARTITION_NAMES[state]!, SUBPARTITION_EVENTS[event]!);
    const { next, action } = SUBPARTITION_TABLE[state]![event]!;
    rows.subpartition[row] = next;
    if (action !== "ignore") this.flagChanged(row);
  }

  /** U1: the producer's Netty thread learns that the consumer's attempt is gone. */
  private onConsumerClosed(row: number, consumerAttempt: number): void {
    const { rows } = this;
    const current = rows.viewAttempt[row] === consumerAttempt;
    if (consumerAttempt > rows.closedAttempt[row]!) rows.closedAttempt[row] = consumerAttempt;
    const closes = current || this.policy.defects?.closesAnyView === true;
    if (closes && rows.viewAttempt[row] !== NONE) this.probe.viewClosed?.(this.viewOf(row), consumerAttempt);
    this.subpartitionEvent(row, closes ? SUBPARTITION_EVENT.close : SUBPARTITION_EVENT.stale);
  }

  private viewOf(row: number): RegisteredView {
    const { rows } = this;
    const producer = rows.producer[row]!;
    return {
      edge: rows.edge[row]!,
      producer,
      producerAttempt: this.context.tasks.attempt[producer]!,
      consumer: rows.consumer[row]!,
      consumerAttempt: rows.viewAttempt[row]!,
    };
  }

  /** U4 at the sender, and what it means for the channel. */
  private onRequested(row: number, consumerAttempt: number, producerAttempt: number, step: number): void {
    const { rows, context } = this;
    const { tasks } = context;
    const stale = consumerAttempt <= rows.closedAttempt[row]! || consumerAttempt <= rows.viewAttempt[row]!;
    if (stale && !this.policy.defects?.reenablesOnStale) {
      this.subpartitionEvent(row, SUBPARTITION_EVENT.stale);
      return;
    }
    this.probe.viewRegistered?.({
      edge: rows.edge[row]!,
      producer: rows.producer[row]!,
      producerAttempt,
      consumer: rows.consumer[row]!,
      consumerAttempt,
    });
    rows.viewAttempt[row] = consumerAttempt;
    this.subpartitionEvent(row, SUBPARTITION_EVENT.request);
    const consumer = rows.consumer[row]!;
    // The request of an attempt that has ended meanwhile gets a view, until its close arrives.
    if (tasks.attempt[consumer] !== consumerAttempt || tasks.state[consumer] !== TASK_STATE.running) return;
    if (rows.channel[row] !== CHANNEL.reconnecting || rows.askedAttempt[row] !== producerAttempt) return;
    this.channelEvent(row, CHANNEL_EVENT.registered, producerAttempt, step);
    if (rows.registered[row] === 0) {
      rows.registered[row] = 1;
      this.observer.changeChannelsDown(-1, step);
    }
  }

  /** The flag was written by a Netty thread; the task thread sees it after its visibility delay, never an older value. */
  private flagChanged(row: number): void {
    const { rows, context } = this;
    const version = ++rows.flagVersion[row]!;
    const visibleNs = context.draws.draw("flagVisibility", row, version);
    if (visibleNs === 0) this.showFlag(row);
    else
      context.sim.schedule(
        context.sim.nowNs + visibleNs,
        this.flagVisible,
        context.entities.task(rows.producer[row]!),
        row,
        version,
      );
  }

  private showFlag(row: number): void {
    const { rows, context } = this;
    const { tasks } = context;
    const consumer = rows.consumer[row]!;
    if (rows.subpartition[row] === SUBPARTITION.unavailable)
      this.plane.closeView(rows.edge[row]!, rows.producer[row]!, consumer, this.policy.sender);
    else if (tasks.state[consumer] === TASK_STATE.running && tasks.attempt[consumer] === rows.viewAttempt[row])
      this.plane.registerView(rows.edge[row]!, rows.producer[row]!, consumer);
    else if (this.policy.defects?.reenablesOnStale)
      this.plane.registerView(rows.edge[row]!, rows.producer[row]!, consumer);
  }

  // --- receiver: input channel ---
  private channelEvent(row: number, event: number, attempt: number, step: number): void {
    const { rows } = this;
    const state = rows.channel[row]!;
    this.cover("channel", CHANNEL_NAMES[state]!, CHANNEL_EVENTS[event]!);
    const cell = CHANNEL_TABLE[state]![event]!;
    if (cell === null) {
      this.probe.impossible?.(
        `channel ${CHANNEL_NAMES[state]!} × ${CHANNEL_EVENTS[event]!}`,
        rows.producer[row]!,
        rows.consumer[row]!,
      );
      return;
    }
    if (state === CHANNEL.reconnecting && event === CHANNEL_EVENT.error) {
      rows.readsAttempt[row] = rows.askedAttempt[row]!;
      rows.askedAttempt[row] = NONE;
    }
    if (cell.next !== state)
      this.probe.channelMoves?.(rows.edge[row]!, rows.producer[row]!, rows.consumer[row]!, state, cell.next);
    rows.channel[row] = cell.next;
    for (const action of cell.actions) {
      switch (action) {
        case "append event":
          this.appendUnavailable(row);
          break;
        case "cache":
          rows.cachedAttempt[row] = attempt;
          break;
        case "start timer":
          this.startTimer(row, step);
          break;
        case "stop timer":
          this.stopTimer(row);
          break;
        case "connect":
          rows.askedAttempt[row] = attempt;
          rows.cachedAttempt[row] = NONE;
          break;
        case "read":
          rows.readsAttempt[row] = attempt;
          rows.askedAttempt[row] = NONE;
          break;
        case "fail task":
          this.listener.failTask(rows.consumer[row]!, step, "timer");
          break;
      }
    }
  }

  /** D1, if the channel's connection knows it under that attempt; else the error is nobody's. */
  private onError(row: number, producerAttempt: number, step: number): void {
    const { rows } = this;
    const state = rows.channel[row]!;
    const known =
      state === CHANNEL.empty
        ? NONE
        : state === CHANNEL.reconnecting
          ? rows.askedAttempt[row]!
          : rows.readsAttempt[row]!;
    if (known !== producerAttempt) {
      this.cover("channel", CHANNEL_NAMES[state]!, "stale error");
      return;
    }
    this.channelEvent(row, CHANNEL_EVENT.error, producerAttempt, step);
  }

  private appendUnavailable(row: number): void {
    const { rows, context } = this;
    const { sim, tasks, entities, draws } = context;
    const consumer = rows.consumer[row]!;
    const visibleNs = draws.draw("eventVisibility", row, rows.readsAttempt[row]!);
    if (visibleNs === 0) this.showEvent(row);
    else sim.schedule(sim.nowNs + visibleNs, this.eventVisible, entities.task(consumer), row, tasks.attempt[consumer]!);
  }

  private showEvent(row: number): void {
    const { rows, context } = this;
    const consumer = rows.consumer[row]!;
    const probability = context.config.costs.stuckTaskProbability;
    const stuck = probability > 0 && context.draws.uniform("stuckTask", consumer, this.unavailableEvents) < probability;
    this.unavailableEvents++;
    this.plane.appendUnavailable(rows.edge[row]!, rows.producer[row]!, consumer, stuck);
  }

  /** D2, D3: the task thread has met the UnavailableEvent. */
  unavailableConsumed(edge: number, producer: number, consumer: number): void {
    const { rows } = this;
    const row = rows.find(edge, producer, consumer);
    if (row < 0) return;
    this.probe.handled?.("UnavailableEvent", consumer, this.context.tasks.attempt[consumer]!);
    const cached = rows.cachedAttempt[row]!;
    this.channelEvent(row, CHANNEL_EVENT.consumed, cached, -1);
    if (rows.channel[row] !== CHANNEL.reconnecting) return;
    if (this.policy.defects?.dropsCachedUpdate) rows.channel[row] = CHANNEL.empty;
    else this.connector.reconnect(consumer, [row], this.updateStep.get(consumer) ?? -1);
  }

  /** D4: the JobManager's update RPC, with all changed channels of the consumer, reaches its TaskManager's RPC thread. */
  updateArrives(consumer: number, consumerAttempt: number, updates: readonly ChannelUpdate[], step: number): void {
    const { rows, context } = this;
    const { tasks } = context;
    if (tasks.state[consumer] !== TASK_STATE.running || tasks.attempt[consumer] !== consumerAttempt) return;
    this.updateStep.set(consumer, step);
    const ready: number[] = [];
    for (const { row, attempt } of updates) {
      if (rows.inBulk[row] === 1) continue;
      const state = rows.channel[row]!;
      const known =
        state === CHANNEL.drainingCached
          ? rows.cachedAttempt[row]!
          : Math.max(rows.readsAttempt[row]!, rows.askedAttempt[row]!);
      const newer = attempt > known || this.policy.defects?.appliesOlderUpdate === true;
      if (newer && state === CHANNEL.active && this.policy.defects?.ignoresForcedUpdate) continue;
      if (newer && state === CHANNEL.draining && this.policy.defects?.appliesBeforeDrain) {
        rows.channel[row] = CHANNEL.reconnecting;
        rows.askedAttempt[row] = attempt;
        ready.push(row);
        continue;
      }
      // Ablation: the early update is dropped, nothing will bring it again.
      if (newer && !context.config.strategy.cacheUpdate && (state === CHANNEL.active || state === CHANNEL.draining)) {
        this.cover("channel", CHANNEL_NAMES[state]!, CHANNEL_EVENTS[CHANNEL_EVENT.update]!);
        if (state === CHANNEL.active) this.onError(row, rows.readsAttempt[row]!, step);
        continue;
      }
      this.channelEvent(row, newer ? CHANNEL_EVENT.update : CHANNEL_EVENT.olderUpdate, attempt, step);
      // From ACTIVE and DRAINING the channel connects by itself, once the event is consumed.
      if (newer && (state === CHANNEL.empty || state === CHANNEL.reconnecting)) ready.push(row);
    }
    if (ready.length > 0) this.connector.reconnect(consumer, ready, step);
  }

  // --- fallback timer ---
  private startTimer(row: number, step: number): void {
    const { rows, context } = this;
    const { fallbackTimerNs } = context.config.strategy;
    if (fallbackTimerNs === null || this.policy.defects?.noTimer) return;
    const consumer = rows.consumer[row]!;
    const { sim, entities, tasks } = context;
    rows.timer[row] = sim.schedule(
      sim.nowNs + fallbackTimerNs,
      this.timerFires,
      entities.task(consumer),
      row,
      tasks.attempt[consumer]!,
      step,
    );
  }

  private stopTimer(row: number): void {
    if (this.rows.timer[row] === -1) return;
    this.context.sim.cancel(this.rows.timer[row]!);
    this.rows.timer[row] = -1;
  }

  private onTimer(row: number, consumerAttempt: number, cause: number): void {
    const { rows, context } = this;
    rows.timer[row] = -1;
    const consumer = rows.consumer[row]!;
    this.probe.handled?.("fallback timer", consumer, consumerAttempt);
    const timerNs = context.config.strategy.fallbackTimerNs ?? 0;
    const nowNs = context.sim.nowNs;
    const step = this.steps.service(
      this.stepTimer,
      PHASE.timer,
      threadId(THREAD.timer, 0),
      consumer,
      nowNs - timerNs,
      nowNs,
      cause,
      "fallbackTimer",
      timerNs,
    );
    this.channelEvent(row, CHANNEL_EVENT.timer, NONE, step);
  }
}
