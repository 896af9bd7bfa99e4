/** `npm run study:feasible [-- SEEDS]`: the feasible set of the four fitted numbers, to results/study/feasible-set.json. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { CELLS, FITTED, feasibleSet } from "../../experiment/studies/feasible-set.js";
import { withRecovery } from "../../experiment/studies/recovery.js";
import { formatDiagnostic, parseScenario } from "../../scenario/index.js";

const seeds = Number(process.argv[2] ?? 20);
const total = CELLS.length * (1 + FITTED.length) * seeds;
let done = 0;
const result = await withRecovery(
  undefined,
  () => {
    if (++done % 20 === 0 || done === total) process.stderr.write(`${done} of ${total} runs\n`);
  },
  (recover) =>
    feasibleSet(
      ({ slots, caseName }) => {
        const file = `scenarios/bytedance-join-${slots}.yaml`;
        const parsed = parseScenario(readFileSync(file, "utf8"), { file });
        if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
        return parsed.scenario.cases.find((each) => each.name === caseName)!.config;
      },
      seeds,
      recover,
    ),
);
mkdirSync("results/study", { recursive: true });
writeFileSync("results/study/feasible-set.json", `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
