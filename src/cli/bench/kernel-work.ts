/**
 * The two pieces of work that every engine does, on Outgap's kernel, through its public interface. The peers in `peers/` do the same in the
 * same order, so all engines reach the same simulated time at the end of each chunk.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { Simulation } from "../../kernel/simulation.js";
import type { WorkTable } from "./work-table.js";

export interface Work {
  /** Does so many operations and returns the simulated time in ns after the last. */
  run(operations: number): number;
  /** Steps of the event queue so far: a count, equal on every machine. */
  queueSteps(): number;
}

/** The hold model: take the earliest of `size` events, schedule one a drawn delay later. */
export function holdWork(table: WorkTable, size: number): Work {
  const { delaysNs, mask } = table;
  const simulation = new Simulation();
  let done = 0;
  let end = 0;
  const kind = simulation.defineKind("hold", PRIORITY.timer, (entity) => {
    simulation.schedule(simulation.nowNs + delaysNs[done & mask]!, kind, entity);
    done++;
    if (done === end) simulation.stop();
  });
  for (let i = 0; i < size; i++) simulation.schedule(delaysNs[i & mask]! + i, kind, i);
  return {
    run(operations) {
      end = done + operations;
      simulation.run(Number.POSITIVE_INFINITY);
      return simulation.nowNs;
    },
    queueSteps: () => simulation.queueWork,
  };
}

/** A closed network: jobs go from one FIFO server to a drawn next one; an operation is a service completed. */
export function networkWork(table: WorkTable, servers: number, jobs: number): Work {
  const { delaysNs, mask } = table;
  const nextServers = table.routes.map((route) => route % servers);
  const simulation = new Simulation();
  // Each server's queue as a list of jobs; its first job is the one in service.
  const first = new Int32Array(servers).fill(-1);
  const last = new Int32Array(servers).fill(-1);
  const next = new Int32Array(jobs).fill(-1);
  let draws = 0;
  let done = 0;
  let end = 0;

  const kind = simulation.defineKind("service completed", PRIORITY.completion, (server) => {
    const job = first[server]!;
    const following = next[job]!;
    first[server] = following;
    if (following >= 0) simulation.schedule(simulation.nowNs + delaysNs[draws++ & mask]!, kind, server);
    else last[server] = -1;
    arrive(job, nextServers[done & mask]!);
    done++;
    if (done === end) simulation.stop();
  });
  function arrive(job: number, server: number): void {
    const before = last[server]!;
    last[server] = job;
    next[job] = -1;
    if (before >= 0) next[before] = job;
    else {
      first[server] = job;
      simulation.schedule(simulation.nowNs + delaysNs[draws++ & mask]!, kind, server);
    }
  }

  for (let job = 0; job < jobs; job++) arrive(job, job % servers);
  return {
    run(operations) {
      end = done + operations;
      simulation.run(Number.POSITIVE_INFINITY);
      return simulation.nowNs;
    },
    queueSteps: () => simulation.queueWork,
  };
}
