/**
 * Output gaps: per sink subtask the longest silence that overlaps the time after `measureFromNs`, clipped there and at
 * the end of the run (`interface.md`, outputGapMs). Knows only output times; they must not decrease per subtask.
 */
import { assert } from "../../../kernel/assert.js";

export class GapTracker {
  readonly sinkTasks: Int32Array;
  /** Longest silence so far, ns; complete after `finish`. */
  readonly gapNs: Float64Array;
  readonly gapStartNs: Float64Array;
  private readonly lastNs: Float64Array;

  constructor(sinkTasks: Int32Array, measureFromNs: number) {
    this.sinkTasks = sinkTasks;
    this.gapNs = new Float64Array(sinkTasks.length);
    this.gapStartNs = new Float64Array(sinkTasks.length).fill(measureFromNs);
    this.lastNs = new Float64Array(sinkTasks.length).fill(measureFromNs);
  }

  /** Subtask `index` (position in `sinkTasks`) has output at `timeNs`. */
  output(index: number, timeNs: number): void {
    const last = this.lastNs[index]!;
    const gap = timeNs - last;
    // Output before the measurement leaves `last` at its start.
    if (gap <= 0) return;
    this.lastNs[index] = timeNs;
    if (gap > this.gapNs[index]!) {
      this.gapNs[index] = gap;
      this.gapStartNs[index] = last;
    }
  }

  /** The silence that the end of the run cuts off counts too. */
  finish(endNs: number): void {
    assert(endNs >= 0, "the run ends before it starts");
    for (let i = 0; i < this.lastNs.length; i++) this.output(i, endNs);
  }
}
