/**
 * The sender's side of touched channels: carries out `subpartition.ts` (U1–U5 of `model.md` §4.2) on the producers' Netty
 * server threads. Writes the flag that the task thread reads, which sees it after its visibility delay.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import type { DataPlanePolicy } from "../cluster/strategy-port.js";
import type { ControlContext } from "../control-context.js";
import type { Probe, RegisteredView } from "../probe.js";
import { TASK_STATE } from "../task-table.js";
import type { CellCoverage } from "./cell-coverage.js";
import { type ChannelRows, NONE } from "./channel-rows.js";
import type { DataPlane } from "./data-plane.js";
import { CHANNEL } from "./input-channel.js";
import {
  SUBPARTITION,
  SUBPARTITION_EVENT,
  SUBPARTITION_EVENTS,
  SUBPARTITION_NAMES,
  SUBPARTITION_TABLE,
} from "./subpartition.js";

export interface SenderSideListener {
  /** The view of the consumer's newest attempt stands, and that attempt waits for it. */
  viewRegistered(row: number, producerAttempt: number, step: number): void;
}

export class SenderSide {
  private readonly context: ControlContext;
  private readonly policy: DataPlanePolicy;
  private readonly rows: ChannelRows;
  private readonly probe: Probe;
  private readonly coverage: CellCoverage;
  private readonly listener: SenderSideListener;
  private plane!: DataPlane;
  private readonly flagVisible: number;

  constructor(
    context: ControlContext,
    policy: DataPlanePolicy,
    rows: ChannelRows,
    probe: Probe,
    coverage: CellCoverage,
    listener: SenderSideListener,
  ) {
    this.context = context;
    this.policy = policy;
    this.rows = rows;
    this.probe = probe;
    this.coverage = coverage;
    this.listener = listener;
    this.flagVisible = context.sim.defineKind("availability-flag-visible", PRIORITY.completion, (_e, row, version) => {
      if (this.rows.flagVersion[row] === version) this.showFlag(row);
    });
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  private subpartitionEvent(row: number, event: number): void {
    const { rows } = this;
    const state = rows.subpartition[row]!;
    this.coverage.count("subpartition", SUBPARTITION_NAMES[state]!, SUBPARTITION_EVENTS[event]!);
    const { next, action } = SUBPARTITION_TABLE[state]![event]!;
    rows.subpartition[row] = next;
    if (action !== "ignore") this.flagChanged(row);
  }

  /** U1: the producer's Netty thread learns that the consumer's attempt is gone. */
  onConsumerClosed(row: number, consumerAttempt: number): void {
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
  onRequested(row: number, consumerAttempt: number, producerAttempt: number, step: number): void {
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
    this.listener.viewRegistered(row, producerAttempt, step);
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

  /** Vanilla senders are told of nothing (`peer-notices.ts`): without a reader their queues grow. */
  holdAtSenders(task: number): void {
    const { rows } = this;
    for (const row of rows.rowsOfConsumer(task)) {
      rows.subpartition[row] = SUBPARTITION.unavailable;
      rows.flagVersion[row]!++;
      this.plane.closeView(rows.edge[row]!, rows.producer[row]!, task, "hold");
    }
  }
}
