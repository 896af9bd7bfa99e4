/**
 * UnavailableEvents in consumers' FIFOs: each is met when its consumer has served what was in front of it, unless its
 * attempt has ended by then.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext, PlaneListener } from "../data-plane.js";
import type { PlaneParts } from "./plane-parts.js";

export class UnavailableMarkers {
  private readonly plane: PlaneParts;
  private readonly context: PlaneContext;
  private readonly listener: PlaneListener;
  /** Attempts of each consumer so far. */
  private readonly consumerEpoch: Int32Array;
  private readonly markerDue: number;
  /** (edge, producer, consumer subtask, consumer, number, epoch) each. */
  private readonly markers: number[][] = [];
  private readonly freeMarkers: number[] = [];

  constructor(plane: PlaneParts, context: PlaneContext, listener: PlaneListener, consumerEpoch: Int32Array) {
    this.plane = plane;
    this.context = context;
    this.listener = listener;
    this.consumerEpoch = consumerEpoch;
    this.markerDue = context.sim.defineKind("unavailable-event-met", PRIORITY.completion, (_e, marker) =>
      this.onMarker(marker),
    );
  }

  /** An event joins the FIFO of consumer number `c`. */
  append(edge: number, producer: number, consumer: number, c: number): void {
    this.plane.advanceConsumer(c);
    const marker = this.freeMarkers.pop() ?? this.markers.length;
    this.markers[marker] = [edge, producer, consumer, c, this.plane.state.appended[c]!, this.consumerEpoch[c]!];
    this.scheduleMarker(marker);
  }

  private scheduleMarker(marker: number): void {
    const [, , , c, number] = this.markers[marker] as [number, number, number, number, number, number];
    const { sim, entityBase } = this.context;
    const dueNs = this.plane.receivers.drainNs(c, sim.nowNs, number - this.plane.state.served[c]!);
    sim.schedule(Math.max(sim.nowNs, dueNs), this.markerDue, entityBase + 1 + c, marker);
  }

  private onMarker(marker: number): void {
    const [edge, producer, consumer, c, number, epoch] = this.markers[marker] as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (this.consumerEpoch[c] !== epoch) {
      this.freeMarkers.push(marker);
      return;
    }
    this.plane.advanceConsumer(c);
    const nowNs = this.context.sim.nowNs;
    if (
      this.plane.state.served[c]! < number &&
      this.plane.receivers.drainNs(c, nowNs, number - this.plane.state.served[c]!) > nowNs
    ) {
      // Mail came in between.
      this.scheduleMarker(marker);
      return;
    }
    this.freeMarkers.push(marker);
    this.listener.unavailableConsumed(edge, producer, consumer);
  }
}
