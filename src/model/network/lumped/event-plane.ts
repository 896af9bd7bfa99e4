/**
 * The oracle of the windowed plane: the same steps, one kernel event each for every flush, arrival at a client loop,
 * end of a client loop's service and end of a task thread's service. Slow; results must be equal to the last bit.
 */
import { longer } from "../../columns.js";
import type { DataPlane, PlaneContext, PlaneListener } from "../data-plane.js";
import { LumpedPlane } from "./plane.js";
import { DOUBLES, TIME } from "./quanta.js";
import { Receivers } from "./receivers.js";
import { Sources } from "./sources.js";
import type { ReceiverParts } from "./task-threads.js";

/** After everything else of the nanosecond: a call of the control plane comes before the data of that instant. */
const DATA = 250;

interface Steps {
  arrival(taskManager: number, timeNs: number): void;
  clientDone(taskManager: number, timeNs: number): void;
  service(consumer: number): void;
}

class EventSources extends Sources {
  steps!: Steps;
  protected override stepwise = true;
  override put(q: number, s: number, groupIndex: number, from: number, to: number, count: number): void {
    super.put(q, s, groupIndex, from, to, count);
    const timeNs = this.state.pool.doubles[q * DOUBLES + TIME]!;
    if (from === to) this.steps.clientDone(to, timeNs);
    else this.steps.arrival(to, timeNs);
  }
}

class EventReceivers extends Receivers {
  steps!: Steps;
  override receive(tm: number, timeNs: number): void {
    super.receive(tm, timeNs);
    const { stagedHead, lanes, pool } = this.state;
    if (this.announcedNs.length < pool.next.length) this.announcedNs = longer(this.announcedNs, pool.next.length);
    for (let lane = tm * lanes; lane < (tm + 1) * lanes; lane++)
      for (let q = stagedHead[lane]!; q >= 0; q = pool.next[q]!) {
        const doneNs = pool.doubles[q * DOUBLES + TIME]!;
        if (this.announcedNs[q] === doneNs) continue;
        this.announcedNs[q] = doneNs;
        this.steps.clientDone(tm, doneNs);
      }
  }
  /** By quantum: the end of its service that was last announced. Long lanes would be announced again at every arrival. */
  private announcedNs = new Float64Array(0);
  override rejoin(q: number, tm: number, timeNs: number, wire: boolean): void {
    super.rejoin(q, tm, timeNs, wire);
    if (wire) this.steps.arrival(tm, timeNs);
    else this.steps.clientDone(tm, timeNs);
  }
  override hand(tm: number, timeNs: number): void {
    super.hand(tm, timeNs);
    const { gates, consumerTm } = this.state;
    for (let c = 0; c < consumerTm.length; c++) if (consumerTm[c] === tm && !gates.empty(c)) this.steps.service(c);
  }
}

class EventLumpedPlane extends LumpedPlane {
  // Set while the base class's constructor runs; an initialiser would undo that.
  declare private steps: Steps | undefined;
  declare private flushKind: number;

  protected override makeSources(): Sources {
    return new EventSources(this.state, this.threads, this.rereads);
  }
  protected override makeReceivers(parts: ReceiverParts): Receivers {
    return new EventReceivers(parts);
  }

  /** The base class's constructor opens the first bin: the events are defined then. */
  private define(): Steps {
    const { context, state, sources, receivers } = this;
    const { sim, entityBase } = context;
    const consumers = this.layout.consumers;
    this.flushKind = sim.defineKind("quantum-flush", DATA, () => sources.advance(sim.nowNs + 1));
    const arrival = sim.defineKind("quantum-arrives", DATA + 1, (_e, tm) => receivers.receive(tm, sim.nowNs + 1));
    const done = sim.defineKind("quantum-received", DATA + 2, (_e, tm) => receivers.hand(tm, sim.nowNs + 1));
    const service = sim.defineKind("quantum-processed", DATA + 3, (_e, c) => {
      receivers.serve(c, sim.nowNs + 1);
      next(c);
    });
    const next = (c: number): void => {
      if (!state.gates.empty(c))
        sim.schedule(Math.max(sim.nowNs, receivers.drainNs(c, sim.nowNs, 1)), service, entityBase + 1 + c, c);
    };
    const steps: Steps = {
      arrival: (tm, timeNs) => void sim.schedule(timeNs, arrival, entityBase + 1 + consumers + tm, tm),
      clientDone: (tm, timeNs) => void sim.schedule(timeNs, done, entityBase + 1 + consumers + tm, tm),
      service: (c) => next(c),
    };
    (sources as EventSources).steps = steps;
    (receivers as EventReceivers).steps = steps;
    return steps;
  }

  protected override beginBin(): void {
    super.beginBin();
    this.steps ??= this.define();
    const { phaseNs, resolutionNs } = this.layout;
    const start = this.state.arrivals.bin * resolutionNs;
    for (let s = 0; s < phaseNs.length; s++)
      this.context.sim.schedule(start + phaseNs[s]!, this.flushKind, this.context.entityBase + 1 + s);
  }

  /** All events before now have been handled; only how far the services are, which the timeline shows, is noted here. */
  override advanceTo(nowNs: number): void {
    if (nowNs >= this.layout.config.durationNs) super.advanceTo(nowNs);
    else for (let c = 0; c < this.layout.consumers; c++) this.receivers.serve(c, nowNs);
  }
  override advanceConsumer(): void {}
}

/** The lumped plane, event by event. For tests. */
export function createLumpedEventPlane(context: PlaneContext, listener: PlaneListener): DataPlane {
  return new EventLumpedPlane(context, listener);
}
