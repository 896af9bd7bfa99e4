/**
 * The receiver's side of touched channels: carries out `input-channel.ts` (D1–D4 of `model.md` §4.2 and the
 * CachedChannelProvider). Errors come on the Netty client thread, updates on the RPC thread, drained channels on the task
 * thread, and the fallback timer on its own.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import type { Probe } from "../probe.js";
import { TASK_STATE } from "../task-table.js";
import type { CellCoverage } from "./cell-coverage.js";
import { type ChannelRows, NONE } from "./channel-rows.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL, CHANNEL_EVENT, CHANNEL_EVENTS, CHANNEL_NAMES, CHANNEL_TABLE } from "./input-channel.js";
import type { NetworkSteps } from "./steps.js";

/** One changed channel in an update RPC. */
export interface ChannelUpdate {
  readonly row: number;
  readonly attempt: number;
}

export interface ReceiverSideListener {
  /** The fallback timer has fired: the task fails itself. */
  timerFailsTask(task: number, step: number): void;
  /** These channels know whom to ask: the task thread reconnects them. */
  reconnect(consumer: number, rows: readonly number[], step: number): void;
}

export class ReceiverSide {
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly rows: ChannelRows;
  private readonly steps: NetworkSteps;
  private readonly probe: Probe;
  private readonly coverage: CellCoverage;
  private readonly listener: ReceiverSideListener;
  private plane!: DataPlane;
  private readonly timerFires: number;
  private readonly eventVisible: number;
  private readonly stepTimer: number;
  private readonly updateStep = new Map<number, number>();
  private unavailableEvents = 0;

  constructor(
    context: ControlContext,
    policy: DataPlanePolicy,
    rows: ChannelRows,
    steps: NetworkSteps,
    probe: Probe,
    coverage: CellCoverage,
    listener: ReceiverSideListener,
  ) {
    this.context = context;
    this.policy = policy;
    this.rows = rows;
    this.steps = steps;
    this.probe = probe;
    this.coverage = coverage;
    this.listener = listener;
    const { sim, log } = context;
    this.stepTimer = log.kindId("fallback-timer");
    this.timerFires = sim.defineKind("fallback-timer", PRIORITY.timer, (_e, row, consumerAttempt, step) =>
      this.onTimer(row, consumerAttempt, step),
    );
    this.eventVisible = sim.defineKind("unavailable-event-visible", PRIORITY.completion, (_e, row, consumerAttempt) => {
      const consumer = this.rows.consumer[row]!;
      const { attempt, state } = context.tasks;
      // With its attempt went its queue.
      if (attempt[consumer] === consumerAttempt && state[consumer] === TASK_STATE.running) this.showEvent(row);
    });
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  /** A view that the channel waits for is registered. */
  onRegistered(row: number, producerAttempt: number, step: number): void {
    this.channelEvent(row, CHANNEL_EVENT.registered, producerAttempt, step);
  }

  private channelEvent(row: number, event: number, attempt: number, step: number): void {
    const { rows } = this;
    const state = rows.channel[row]!;
    this.coverage.count("channel", CHANNEL_NAMES[state]!, CHANNEL_EVENTS[event]!);
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
          this.listener.timerFailsTask(rows.consumer[row]!, step);
          break;
      }
    }
  }

  /** D1, if the channel's connection knows it under that attempt; else the error is nobody's. */
  onError(row: number, producerAttempt: number, step: number): void {
    const { rows } = this;
    const state = rows.channel[row]!;
    const known =
      state === CHANNEL.empty
        ? NONE
        : state === CHANNEL.reconnecting
          ? rows.askedAttempt[row]!
          : rows.readsAttempt[row]!;
    if (known !== producerAttempt) {
      this.coverage.count("channel", CHANNEL_NAMES[state]!, "stale error");
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
    else this.listener.reconnect(consumer, [row], this.updateStep.get(consumer) ?? -1);
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
          : Math.max(rows.readsAttempt[row]!, rows.askedAttempt[row]!, rows.missedAttempt[row]! - 1);
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
        this.coverage.count("channel", CHANNEL_NAMES[state]!, CHANNEL_EVENTS[CHANNEL_EVENT.update]!);
        if (state === CHANNEL.active) this.onError(row, rows.readsAttempt[row]!, step);
        continue;
      }
      this.channelEvent(row, newer ? CHANNEL_EVENT.update : CHANNEL_EVENT.olderUpdate, attempt, step);
      // From ACTIVE and DRAINING the channel connects by itself, once the event is consumed.
      if (newer && (state === CHANNEL.empty || state === CHANNEL.reconnecting)) ready.push(row);
    }
    if (ready.length > 0) this.listener.reconnect(consumer, ready, step);
  }

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

  stopTimer(row: number): void {
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
