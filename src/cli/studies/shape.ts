/**
 * `npm run study:shape [-- SEEDS [LARGEST]]`: recovery against parallelism on the full model, with Flink's default
 * `heartbeat.timeout` and with 10 min; the job of scenarios/sweeps/bytedance-join-by-parallelism.yaml. Writes
 * results/study/shape.csv and shape.json with what the shape must be, and whether it is.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { type RecoveryTask, shortened, withRecovery } from "../../experiment/studies/recovery.js";
import { formatDiagnostic, median, parseScenario } from "../../scenario/index.js";

const seeds = Array.from({ length: Number(process.argv[2] ?? 3) }, (_, i) => String(i + 1));
const sizes = [500, 1000, 2000, 4000, 8000].filter((slots) => slots <= Number(process.argv[3] ?? 8000));
const file = "scenarios/sweeps/bytedance-join-by-parallelism.yaml";
const text = readFileSync(file, "utf8");

const GLOBAL = "global restart";
const RESERVED = "single-task, reserved TM";
const LONG = ", timeout 10 min";
const CASES = [GLOBAL, RESERVED, GLOBAL + LONG, RESERVED + LONG] as const;

interface Planned {
  readonly slots: number;
  readonly caseName: string;
  readonly seed: string;
  readonly task: RecoveryTask;
}

const planned: Planned[] = sizes.flatMap((slots) => {
  const parsed = parseScenario(text, { file, sets: [`P=${slots}`] });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  return CASES.flatMap((caseName) => {
    const { config } = parsed.scenario.cases.find((each) => each.name === caseName)!;
    // A global restart of 8,000 slots takes 165 s where no heartbeat is missed.
    const withinNs = caseName.startsWith(GLOBAL) ? (30 + slots / 40) * 1e9 : 10e9;
    const short = shortened(config, withinNs);
    return seeds.map((seed) => ({
      slots,
      caseName,
      seed,
      task: { config: { ...short, seed }, plane: "full" as const },
    }));
  });
});

let done = 0;
const rows = await withRecovery(
  undefined,
  () => void process.stderr.write(`${++done} of ${planned.length} runs\n`),
  async (recover) => {
    // Largest first, so that no thread is left with one of them at the end.
    const order = [...planned].sort((a, b) => b.slots - a.slots);
    const recoveries = await recover(order.map(({ task }) => task));
    const rowOf = new Map(
      order.map(({ task }, i) => {
        const { recoveryNs, tasksRestarted, falseAlarms, broken } = recoveries[i]!;
        if (broken.length > 0) throw new Error(`broken: ${broken.join(", ")}`);
        const recoverySeconds = Number.isNaN(recoveryNs) ? null : recoveryNs / 1e9;
        return [task, { recoverySeconds, tasksRestarted, falseAlarms }];
      }),
    );
    return planned.map(({ slots, caseName, seed, task }) => ({ slots, case: caseName, seed, ...rowOf.get(task)! }));
  },
);

const secondsOf = (caseName: string): { slots: number; median: number | null; recovered: number }[] =>
  sizes.map((slots) => {
    const own = rows.filter((row) => row.slots === slots && row.case === caseName);
    const seconds = own.flatMap(({ recoverySeconds }) => (recoverySeconds === null ? [] : [recoverySeconds]));
    return { slots, median: seconds.length === own.length ? median(seconds) : null, recovered: seconds.length };
  });
const series = Object.fromEntries(CASES.map((name) => [name, secondsOf(name)]));
const medians = (name: string): number[] => series[name]!.map((each) => each.median ?? Number.POSITIVE_INFINITY);
const flat = (values: readonly number[]): boolean => Math.max(...values) - Math.min(...values) < 2;
const restarted = (strategy: string, expected: (slots: number) => number): boolean =>
  rows.filter((row) => row.case === strategy).every((row) => row.tasksRestarted === expected(row.slots));
const findings = {
  "global restart grows with the parallelism": medians(GLOBAL + LONG).every(
    (seconds, i, all) => i === 0 || seconds > all[i - 1]!,
  ),
  "single-task recovery stays flat within 2 s": flat(medians(RESERVED + LONG)) && flat(medians(RESERVED)),
  "12 tasks restart under single-task": restarted(RESERVED + LONG, () => 12) && restarted(RESERVED, () => 12),
  "3P tasks restart under global restart, once": restarted(GLOBAL + LONG, (slots) => 3 * slots),
  "with 10 min nobody is given up": rows.every((row) => !row.case.endsWith(LONG) || row.falseAlarms === 0),
  "with the default timeout a large job is given up while it deploys": rows.some(
    (row) => row.case === GLOBAL && row.falseAlarms > 0,
  ),
};
mkdirSync("results/study", { recursive: true });
writeFileSync("results/study/shape.csv", stringify(rows, { header: true }));
writeFileSync("results/study/shape.json", `${JSON.stringify({ seeds, series, findings }, null, 2)}\n`);
process.stdout.write(`${JSON.stringify({ series, findings }, null, 2)}\n`);
process.exitCode = Object.values(findings).every((holds) => holds) ? 0 : 1;
