/**
 * The ResourceManager: reserved TaskManagers, and containers that a provider starts. A reserved TaskManager supplies
 * its slots after `reservedSlot`; one taken into use is replaced after a container start. A standalone cluster has no
 * provider: nothing is ever started there (ActiveResourceManager; ByteDance's reserved TaskManagers).
 */

import { PRIORITY } from "../../kernel/priorities.js";
import { THREAD, threadId } from "../causal-log.js";
import type { ControlContext } from "../control-context.js";
import { PHASE } from "../phases.js";
import { RPC_SALT, rpcWire } from "../rpc-wire.js";

export class ResourceManager {
  /** Idle reserved TaskManagers, oldest first. */
  private readonly reserved: number[] = [];
  /** Reserved TaskManagers that are being handed over. */
  private readonly handedOver = new Set<number>();
  /** Slots on their way to the JobManager. */
  private promisedSlots = 0;
  private containersStarted = 0;
  private readonly containerReady: number;
  private readonly reservedReady: number;
  private readonly context: ControlContext;
  private readonly onSlots: (taskManager: number, arrivesNs: number, step: number) => void;
  private readonly stepContainer: number;
  private readonly stepReserved: number;
  private readonly stepWire: number;

  /** `onSlots`: a TaskManager's slot offer is on its way to the JobManager. */
  constructor(context: ControlContext, onSlots: (taskManager: number, arrivesNs: number, step: number) => void) {
    this.context = context;
    this.onSlots = onSlots;
    const { sim, log, cluster, config } = context;
    this.stepContainer = log.kindId("container-start");
    this.stepReserved = log.kindId("reserved-slot");
    this.stepWire = log.kindId("slot-offer-wire");
    this.containerReady = sim.defineKind("container-ready", PRIORITY.delivery, (_e, forReserve, _b, cause) =>
      this.onContainerReady(forReserve, cause),
    );
    this.reservedReady = sim.defineKind("reserved-ready", PRIORITY.delivery, (_e, tm, _b, cause) =>
      this.onReservedReady(tm, cause),
    );
    for (let i = 0; i < config.cluster.reservedTaskManagers; i++) this.reserved.push(cluster.add(true));
  }

  /**
   * A reserved TaskManager is lost: idle, it leaves the reserve, and a container is started in its place; while it is
   * handed over, its slots are no longer promised.
   */
  lose(taskManager: number, cause: number): void {
    if (this.handedOver.delete(taskManager)) this.promisedSlots -= this.context.config.cluster.slotsPerTaskManager;
    const at = this.reserved.indexOf(taskManager);
    if (at < 0) return;
    this.reserved.splice(at, 1);
    this.startContainer(true, cause);
  }

  /** The JobManager lacks `missing` slots in all; `cause` is the request that made it so. Returns false if nothing can come. */
  require(missing: number, cause: number): boolean {
    const { sim, draws, config, log } = this.context;
    while (this.promisedSlots < missing) {
      const tm = this.reserved.shift();
      if (tm !== undefined) {
        this.handedOver.add(tm);
        this.promisedSlots += config.cluster.slotsPerTaskManager;
        const cost = draws.draw("reservedSlot", tm, 0);
        const step = log.timed(
          this.stepReserved,
          PHASE.slots,
          threadId(THREAD.resourceManager, 0),
          tm,
          sim.nowNs,
          cause,
          "reservedSlot",
          cost,
        );
        sim.schedule(sim.nowNs + cost, this.reservedReady, this.context.entities.resourceManager, tm, 0, step);
        this.startContainer(true, cause);
      } else if (config.cluster.provider === "standalone") return this.promisedSlots > 0;
      else {
        this.promisedSlots += config.cluster.slotsPerTaskManager;
        this.startContainer(false, cause);
      }
    }
    return true;
  }

  private startContainer(forReserve: boolean, cause: number): void {
    const { sim, draws, log, config } = this.context;
    if (config.cluster.provider === "standalone") return;
    const ordinal = this.containersStarted++;
    const cost = draws.draw("containerStart", 0, ordinal);
    const step = log.timed(
      this.stepContainer,
      PHASE.slots,
      threadId(THREAD.resourceManager, 0),
      ordinal,
      sim.nowNs,
      cause,
      "containerStart",
      cost,
    );
    sim.schedule(
      sim.nowNs + cost,
      this.containerReady,
      this.context.entities.resourceManager,
      forReserve ? 1 : 0,
      0,
      step,
    );
  }

  private onContainerReady(forReserve: number, cause: number): void {
    const tm = this.context.cluster.add(false);
    if (forReserve) this.reserved.push(tm);
    else this.deliver(tm, cause);
  }

  private onReservedReady(tm: number, cause: number): void {
    if (this.handedOver.delete(tm)) this.deliver(tm, cause);
  }

  private deliver(tm: number, cause: number): void {
    this.promisedSlots -= this.context.config.cluster.slotsPerTaskManager;
    const { nowNs } = this.context.sim;
    const offer = rpcWire(this.context, RPC_SALT.slotOffer, this.stepWire, PHASE.slots, tm, nowNs, cause);
    this.onSlots(tm, ...offer);
  }
}
