/** Task-thread time per record, addressed by vertex and record, so equal in all cases and when a record is read again. */
import { sampleNs } from "../../../kernel/distributions.js";
import type { RandomFamily } from "../../../kernel/random.js";
import type { PlaneContext } from "../../network/data-plane.js";

export class ServiceTimes {
  /** Constant time per vertex in ns, −1 where it varies. */
  private readonly constantNs: Float64Array;
  private readonly context: PlaneContext;
  private readonly demand: RandomFamily;
  private readonly selection: RandomFamily;

  constructor(context: PlaneContext) {
    this.context = context;
    this.demand = context.streams.family("service-time");
    this.selection = context.streams.family("selectivity");
    this.constantNs = Float64Array.from(context.config.vertices, ({ serviceTime }) =>
      serviceTime.kind === "constant" ? Math.round(serviceTime.valueNs) : -1,
    );
  }

  ofRecord(vertex: number, stream: number, offset: number): number {
    const constant = this.constantNs[vertex]!;
    if (constant >= 0) return constant;
    return sampleNs(
      this.context.config.vertices[vertex]!.serviceTime,
      this.demand.uniform53(address(vertex, stream), offset),
    );
  }

  /** Service of a run of records whose times do not vary, else −1. */
  constant(vertex: number): number {
    return this.constantNs[vertex]!;
  }

  /** Copies that an operator passes on: selectivity on average, and the same whenever the record comes again. */
  copies(vertex: number, stream: number, offset: number): number {
    const { selectivity } = this.context.config.vertices[vertex]!;
    const whole = Math.floor(selectivity);
    const rest = selectivity - whole;
    if (rest === 0) return whole;
    return whole + (this.selection.uniform(address(vertex, stream), offset) < rest ? 1 : 0);
  }

  /** False if one of the operators drops the record. */
  passes(operators: readonly number[], stream: number, offset: number): boolean {
    for (const vertex of operators) if (this.copies(vertex, stream, offset) === 0) return false;
    return true;
  }
}

function address(vertex: number, stream: number): number {
  return (Math.imul(vertex + 1, 0x01000193) ^ stream) >>> 0;
}
