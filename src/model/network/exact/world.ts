/** The columns and counters that all parts of the plane share, built once per run. Holds no behaviour. */
import { ServiceTimes } from "../../task/exact/service.js";
import { StallReport } from "../../task/exact/stall-report.js";
import type { PlaneContext, PlaneListener } from "../data-plane.js";
import { Arrivals } from "./arrivals.js";
import { Channels, Outputs } from "./channels.js";
import { HopCounters, type Leak, Violations } from "./checks.js";
import { Keys } from "./keys.js";
import { Ledger } from "./ledger.js";
import { OutputMeter } from "./output-meter.js";
import { Buffers, RecordNodes } from "./pools.js";
import { planRoutes, type Routes } from "./routes.js";

export interface World {
  readonly context: PlaneContext;
  readonly listener: PlaneListener;
  readonly routes: Routes;
  readonly keys: Keys;
  readonly arrivals: Arrivals;
  readonly service: ServiceTimes;
  readonly channels: Channels;
  readonly outputs: Outputs;
  readonly nodes: RecordNodes;
  readonly buffers: Buffers;
  readonly meter: OutputMeter;
  readonly ledger: Ledger;
  readonly hops: HopCounters;
  readonly violations: Violations;
  readonly stalls: StallReport;
}

export function buildWorld(context: PlaneContext, listener: PlaneListener, leak: Leak | null): World {
  const routes = planRoutes(context.config, context.topology);
  const keys = new Keys(context.streams);
  const arrivals = new Arrivals(context, routes, keys);
  const channels = new Channels(context.topology);
  const meter = new OutputMeter(context);
  return {
    context,
    listener,
    routes,
    keys,
    arrivals,
    service: new ServiceTimes(context),
    channels,
    outputs: new Outputs(context.topology, channels),
    nodes: new RecordNodes(),
    buffers: new Buffers(),
    meter,
    ledger: new Ledger(context, routes, arrivals, meter),
    hops: new HopCounters(leak),
    violations: new Violations(),
    stalls: new StallReport(),
  };
}
