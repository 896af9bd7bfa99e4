/** The `sweep` block: which values to vary, on how many seeds, and what the best setting is. Its terms are `sweep.ts`'s. */
import * as z from "zod";
import { whole } from "./schema-values.js";

const text = (description: string) => z.string().meta({ description });
const vary = z.record(z.string(), z.unknown()).meta({
  description:
    "Path (or param) → values: a list, a range `0..5:1` or `log(500..16000,6)`; several: their cross product.",
});
const seeds = whole("Seeds of every point.", 1, 1_000_000);

export const sweepSchema = z
  .strictObject({
    vary: vary.optional(),
    seeds: seeds.optional(),
    grids: z
      .array(z.strictObject({ vary, seeds: seeds.optional() }))
      .min(1)
      .max(100)
      .meta({ description: "Instead of `vary`: several cross products, each with seeds of its own." })
      .optional(),
    until: text(
      "Adds seeds until the 95 % interval of a mean is this narrow, such as `recoveryTimeMs ±2%`.",
    ).optional(),
    maxSeeds: whole("With `until`: seeds of a point at most.", 2, 1_000_000).optional(),
    metrics: z.array(z.string()).max(20).meta({ description: "Metrics of the table and the charts." }).optional(),
    minimise: text(
      "The best setting has the least of this, such as `records.lostTotal`; the mean over the seeds.",
    ).optional(),
    maximise: text("The best setting has the most of this.").optional(),
    subjectTo: z
      .array(z.string())
      .max(20)
      .meta({ description: "What the best setting must keep, such as `recoveryTimeMs.p99 < 10s`." })
      .optional(),
  })
  .meta({ description: "What `outgap sweep` varies, unless its options say otherwise." });

export type SweepInput = z.output<typeof sweepSchema>;
