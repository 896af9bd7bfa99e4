/**
 * Partition requests where a whole vertex restarts: charged per TaskManager and edge, n connects and requests at the
 * requester and n at the server loop; they leave nothing behind but counts (`bulk-views.ts`). Producers that are not there
 * yet are asked again.
 */
import type { ControlContext } from "../control-context.js";
import { TASK_STATE } from "../task-table.js";
import type { TopologyEdge } from "../topology/topology.js";
import type { BackOff } from "./back-off.js";
import type { BulkViews } from "./bulk-views.js";
import type { DataPlane } from "./data-plane.js";
import type { Batch } from "./request-batches.js";
import type { RowRequests } from "./row-requests.js";

export class BulkRequests {
  private readonly context: ControlContext;
  private readonly views: BulkViews;
  private readonly rowRequests: RowRequests;
  private readonly backOff: BackOff;
  private readonly newestAttempt: Int32Array;
  private plane!: DataPlane;
  private readonly requestNs: (entity: number, index: number) => number;
  private readonly serveNs: (entity: number, index: number) => number;

  constructor(
    context: ControlContext,
    views: BulkViews,
    rowRequests: RowRequests,
    backOff: BackOff,
    newestAttempt: Int32Array,
  ) {
    this.context = context;
    this.views = views;
    this.rowRequests = rowRequests;
    this.backOff = backOff;
    this.newestAttempt = newestAttempt;
    this.requestNs = context.draws.drawer("partitionRequest");
    this.serveNs = context.draws.drawer("partitionRequestServe");
  }

  attach(plane: DataPlane): void {
    this.plane = plane;
  }

  /** The attempt that descriptors name is RUNNING, and not one that it replaces. */
  private isThere(producer: number): boolean {
    const { tasks } = this.context;
    return tasks.state[producer] === TASK_STATE.running && tasks.attempt[producer] === this.newestAttempt[producer];
  }

  request(
    consumer: number,
    attempt: number,
    edge: TopologyEdge,
    first: number,
    next: number,
    producerTm: number,
    leaveNs: number,
  ): void {
    const { topology, tasks, config, cluster, links } = this.context;
    const base = topology.taskBase[edge.from]!;
    const consumerTm = tasks.taskManager[consumer]!;
    const missing: number[] = [];
    let ready = 0;
    let out = 0;
    const alive = cluster.alive(producerTm) && (links.whole || links.reachable(consumerTm, producerTm));
    for (let p = first; p < next; p++) {
      if (this.views.isOut(edge, base + p, consumer)) out++;
      else if (alive && this.isThere(base + p)) ready++;
      else missing.push(p);
    }
    if (out > 0) this.views.countRequests(consumer, out, leaveNs, leaveNs, 0, producerTm);
    let doneNs = leaveNs;
    let serveNs = 0;
    if (ready > 0 && consumerTm !== producerTm) {
      serveNs = ready * this.serveNs(consumer, producerTm);
      doneNs = this.plane.serveOnServerLoop(
        producerTm,
        consumerTm,
        edge.index,
        leaveNs + config.cluster.linkLatencyNs,
        serveNs,
      );
    }
    // A hanging event loop answers nobody: asked again like a partition that is not there.
    const hangs = doneNs === Number.POSITIVE_INFINITY;
    if (hangs) {
      missing.length = 0;
      for (let p = first; p < next; p++) if (!this.views.isOut(edge, base + p, consumer)) missing.push(p);
      ready = 0;
    }
    if (missing.length > 0) {
      const batch: Batch = {
        consumer,
        attempt,
        consumerTm,
        producerTm,
        edge,
        producers: missing,
        asked: [],
        bulk: true,
        leaveNs,
        tries: 0,
      };
      if (alive && !hangs) this.backOff.gather(batch);
      else this.backOff.wait(batch, leaveNs, this.views.requestsUpTo(leaveNs, consumer));
    }
    if (ready > 0) this.views.countRequests(consumer, ready, leaveNs, doneNs, serveNs, producerTm);
  }

  retry(batch: Batch, step: number): void {
    const { tasks, sim, topology, cluster, links, config } = this.context;
    const { consumer, edge, consumerTm } = batch;
    if (!this.views.connectsInBulk(consumer)) return;
    const base = topology.taskBase[edge.from]!;
    const requestNs = batch.producers.length * this.requestNs(consumer, batch.tries);
    this.views.retryOf(consumer, step, requestNs);
    const missing: number[] = [];
    const silent: number[] = [];
    const leaveNs = sim.nowNs + requestNs;
    for (const p of batch.producers) {
      const producer = base + p;
      const producerTm = tasks.taskManager[producer]!;
      if (this.views.isOut(edge, producer, consumer)) {
        this.views.countRequests(consumer, 1, leaveNs, leaveNs, 0, producerTm);
        this.rowRequests.request(consumer, batch.attempt, edge, p, p + 1, producerTm, leaveNs);
        continue;
      }
      if (!cluster.alive(producerTm) || !links.reachable(consumerTm, producerTm)) {
        silent.push(p);
        continue;
      }
      if (!this.isThere(producer)) {
        missing.push(p);
        continue;
      }
      const local = producerTm === consumerTm;
      const serveNs = local ? 0 : this.serveNs(consumer, producerTm);
      const doneNs = local
        ? leaveNs
        : this.plane.serveOnServerLoop(
            producerTm,
            consumerTm,
            edge.index,
            leaveNs + config.cluster.linkLatencyNs,
            serveNs,
          );
      if (doneNs === Number.POSITIVE_INFINITY) silent.push(p);
      else this.views.countRequests(consumer, 1, leaveNs, doneNs, serveNs, producerTm);
    }
    if (missing.length > 0)
      this.backOff.notFound(
        missing.length === batch.producers.length ? batch : { ...batch, producers: missing },
        leaveNs,
        2,
        this.views.requestsUpTo(leaveNs, consumer),
      );
    if (silent.length > 0) this.backOff.wait({ ...batch, producers: silent }, sim.nowNs, step, requestNs);
  }
}
