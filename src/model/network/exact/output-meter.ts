/** What leaves the job: counts, gaps per sink subtask, latency. Knows nothing of how it came about. */
import type { PlaneContext } from "../data-plane.js";
import { GapTracker } from "../plane-common/gap-tracker.js";
import { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { BIN_NS, TimelineBins } from "../plane-common/timeline-bins.js";

export class OutputMeter {
  readonly gaps: GapTracker;
  readonly latency = new LatencyHistogram();
  readonly binned: BinnedLatency;
  readonly bins: TimelineBins;
  emitted = 0;
  /** Index into the sink tasks, −1: no sink. */
  readonly sinkOfTask: Int32Array;
  private readonly measureFromNs: number;

  constructor(context: PlaneContext) {
    const { topology, config } = context;
    const sinks: number[] = [];
    this.sinkOfTask = new Int32Array(topology.tasks).fill(-1);
    for (let task = 0; task < topology.tasks; task++) {
      if (topology.outEdges[topology.taskVertex[task]!]!.length > 0) continue;
      this.sinkOfTask[task] = sinks.length;
      sinks.push(task);
    }
    this.measureFromNs = context.measureFromNs;
    this.gaps = new GapTracker(Int32Array.from(sinks), context.measureFromNs);
    this.bins = new TimelineBins(config.durationNs);
    this.binned = new BinnedLatency(this.bins.bins, BIN_NS);
  }

  /** A match leaves the job at `timeNs`; its latest record has event time `eventNs`. */
  output(task: number, timeNs: number, eventNs: number): void {
    this.emitted++;
    this.gaps.output(this.sinkOfTask[task]!, timeNs);
    this.bins.add(this.bins.emitted, timeNs);
    const latencyNs = timeNs - eventNs;
    if (timeNs >= this.measureFromNs) this.latency.add(latencyNs);
    this.binned.add(timeNs, latencyNs);
  }
}
