/**
 * `npm run study [-- SEEDS]`: the six published cells on 100 seeds. Writes for each size `results/study/<scenario>/`
 * `study.json` (medians, intervals, places of the published values) and `recovery.csv` (every run).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { type PublishedCase, publishedStudy } from "../../experiment/studies/published.js";
import { withRecovery } from "../../experiment/studies/recovery.js";
import { formatDiagnostic, parseScenario } from "../../scenario/index.js";

const seeds = Array.from({ length: Number(process.argv[2] ?? 100) }, (_, i) => String(i + 1));
const SCENARIOS = ["bytedance-join-1000", "bytedance-join-4000"] as const;

let done = 0;
const total = SCENARIOS.length * 3 * seeds.length;
let ok = true;
await withRecovery(
  undefined,
  () => {
    if (++done % 10 === 0 || done === total) process.stderr.write(`${done} of ${total} runs\n`);
  },
  async (recover) => {
    for (const name of SCENARIOS) {
      const file = `scenarios/${name}.yaml`;
      const parsed = parseScenario(readFileSync(file, "utf8"), { file });
      if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
      const { cases, expect } = parsed.scenario;
      const published = cases.flatMap(({ name: caseName, config }): PublishedCase[] => {
        const expectation = expect.find(
          (each) => each.kind === "metric" && each.relation === "published" && each.case === caseName,
        );
        return expectation?.kind === "metric" ? [{ name: caseName, config, expectation }] : [];
      });
      const { study, runs } = await publishedStudy(name, published, seeds, recover);
      const folder = `results/study/${name}`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/study.json`, `${JSON.stringify(study, null, 2)}\n`);
      writeFileSync(
        `${folder}/recovery.csv`,
        stringify([...runs], { header: true, columns: ["case", "seed", "recoveryTimeMs"] }),
      );
      for (const entry of study.published) {
        ok &&= entry.ok && entry.insideInterval;
        process.stdout.write(`${name}, ${entry.case}: ${JSON.stringify(entry)}\n`);
      }
    }
  },
);
process.exitCode = ok ? 0 : 1;
