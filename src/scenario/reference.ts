/** The reference of the scenario format as Markdown (`scenarios/FORMAT.md`), from the schema and the catalogues. */
import type { CatalogueRow } from "./catalogue.js";
import {
  costRows,
  engineRows,
  faultRows,
  flinkKeyRows,
  invariantRows,
  metricRows,
  schemaRows,
  strategyRows,
} from "./catalogue.js";

type Column = keyof CatalogueRow;

function cell(value: string | null): string {
  return (value ?? "").replaceAll("|", "\\|");
}

function table(rows: readonly CatalogueRow[], columns: readonly (readonly [Column, string])[]): string {
  const lines = rows.map(
    (row) =>
      `| ${columns.map(([column]) => (column === "name" ? `\`${row.name}\`` : cell(row[column]))).join(" | ")} |`,
  );
  return [
    `| ${columns.map(([, title]) => title).join(" | ")} |`,
    `|${columns.map(() => "---").join("|")}|`,
    ...lines,
  ].join("\n");
}

/** The whole reference; generated, never edited. */
export function formatReference(): string {
  const docs = ["doc", "what it means"] as const;
  return `# The scenario format

Generated from the schema (\`src/scenario/\`); do not edit. Editors read the same from \`scenario.schema.json\`.

Quantities carry units: durations \`ns us ms s min h d\`, sizes \`B kB MB GB KiB MiB GiB\` (\`kb mb gb\` are binary, as in
Flink), rates \`/s\`, bandwidths \`bit/s … Gbit/s\`, ratios \`0.1%\` or plain. A bare number where a unit is due is an error.
\`\${P/4}\` calculates with \`params\`. A duration that may vary is also \`{ lognormal: { median, sigma } }\`,
\`{ uniform: { low, high } }\`, \`{ exponential: MEAN }\`, \`{ normal: { mean, sd } }\` (truncated at 0) or \`{ empirical: [...] }\`.

## Keys

${table(schemaRows(), [["name", "key"], docs, ["default", "default"]])}

## Strategies

${table(strategyRows(), [["name", "strategy"], docs])}

## Faults

${table(faultRows(), [["name", "kind"], docs, ["unit", "keys"]])}

## Engines

${table(engineRows(), [["name", "version"], docs, ["source", "source"]])}

Flink's own keys under \`engine.config\`, with the defaults of 1.9:

${table(flinkKeyRows(), [["name", "key"], docs, ["default", "default"]])}

## Costs

Defaults of engine 1.9 on YARN. Grades: P published, S read in Flink's source, D derived by arithmetic, I an assumption.

${table(costRows(), [["name", "cost"], docs, ["default", "default"], ["grade", "grade"], ["source", "source"]])}

## Metrics

What \`expect\` can test.

${table(metricRows(), [["name", "metric"], docs, ["unit", "unit"]])}

## Invariants

Watched in every run; one that is broken ends it as \`check-failed\`. \`expect: [{ invariant: NAME }]\` says so in the table too.

${table(invariantRows(), [["name", "invariant"], docs])}
`;
}
