/** The OutputFlusher of every (task, out-edge): free-running, each attempt at its own uniform phase. */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../data-plane.js";
import { flushPhaseNs } from "../plane-common/pinning.js";
import type { Outputs } from "./channels.js";
import type { Subpartitions } from "./subpartitions.js";
import type { World } from "./world.js";

export class Flushers {
  events = 0;
  private readonly context: PlaneContext;
  private readonly outputs: Outputs;
  private readonly subpartitions: Subpartitions;
  private readonly periodNs: number;
  private readonly kindFlush: number;

  constructor(world: World, subpartitions: Subpartitions) {
    const { context } = world;
    this.context = world.context;
    this.outputs = world.outputs;
    this.subpartitions = subpartitions;
    this.periodNs = context.config.engine.bufferTimeoutNs;
    this.kindFlush = context.sim.defineKind("flush", PRIORITY.delivery + 8, (_, output, attempt) =>
      this.flush(output, attempt),
    );
  }

  /** The `start`-th attempt of the task begins now. */
  start(task: number, start: number): void {
    if (this.periodNs <= 0) return;
    const { sim, streams, entityBase } = this.context;
    for (let o = this.outputs.base[task]!; o < this.outputs.base[task + 1]!; o++) {
      const edge = this.outputs.edges[o]!.index;
      const phase =
        start === 0
          ? flushPhaseNs(streams, task, edge, this.periodNs)
          : Math.floor(streams.family("flush-phase-later").uniform53(task * 256 + edge, start) * this.periodNs);
      sim.schedule(sim.nowNs + phase, this.kindFlush, entityBase + task, o, this.subpartitions.attempt[task]!);
    }
  }

  private flush(output: number, attempt: number): void {
    const task = this.outputs.task[output]!;
    if (attempt !== this.subpartitions.attempt[task]) return;
    this.events++;
    this.subpartitions.flush(output);
    const { sim, entityBase } = this.context;
    sim.schedule(sim.nowNs + this.periodNs, this.kindFlush, entityBase + task, output, attempt);
  }
}
