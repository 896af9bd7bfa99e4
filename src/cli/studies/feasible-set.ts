/** `npm run study:feasible`: prints the feasible set of the four fitted numbers and writes results/study/feasible-set.json. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { feasibleSet } from "../../experiment/studies/feasible-set.js";
import { parseScenario } from "../../scenario/index.js";

const SEEDS = Number(process.argv[2] ?? 20);

const result = feasibleSet(
  ({ slots, caseName }) => {
    const file = `scenarios/bytedance-join-${slots}.yaml`;
    const parsed = parseScenario(readFileSync(file, "utf8"), { file });
    if (!parsed.ok) throw new Error(`${file} does not parse`);
    return parsed.scenario.cases.find((each) => each.name === caseName)!.config;
  },
  SEEDS,
  (done, of) => process.stderr.write(`${done} of ${of} medians\n`),
);
mkdirSync("results/study", { recursive: true });
writeFileSync("results/study/feasible-set.json", `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
