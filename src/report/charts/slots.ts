/** Every slot as a cell, machine by machine: how long its sink was silent. Equal neighbours are joined. */
import { type ChartDefinition, type ChartInput, frame, onlySet, PLOT_WIDTH, type Spec } from "../chart.js";
import { affectedPhrase, contrast, type Outcome, outcomes } from "../findings.js";
import { count } from "../format.js";
import type { GapRow, ResultSet } from "../input.js";
import { STEPS } from "../palette.js";

const EDGES_MS = [250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];
const EDGE_NAMES = [
  "< 0.25 s",
  "< 0.5 s",
  "< 1 s",
  "< 2 s",
  "< 5 s",
  "< 10 s",
  "< 20 s",
  "< 50 s",
  "< 100 s",
  "≥ 100 s",
];
/** Machines in a row of the picture; a rack of the shipped scenarios. */
const MACHINES_PER_ROW = 40;
const ROW_SIZES = [5, 10, 20, 25, 40];
/** Height of a row of machines at most. */
const ROW_PX = 28;

export const slots: ChartDefinition = {
  id: "slots",
  heading: "Slots by machine",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    if (set.gaps.length === 0) return null;
    const list = outcomes(set);
    const layout = layoutOf(set);
    const phrase = (entry: Outcome): string => `${entry.case}: ${affectedPhrase(entry)} cut`;
    const columns = list.length === 1 ? 1 : 2;
    const width = columns === 1 ? PLOT_WIDTH : (PLOT_WIDTH - 20) / 2 + 20;
    const rowPx = Math.max(7, Math.min(ROW_PX, 150 / layout.rows));
    const isOneRow = layout.rows === 1;
    return frame(
      input.mode,
      {
        title: contrast(list, phrase),
        subtitle:
          `${set.scenario}, seed ${set.summary.cases[0]?.seed}. One cell per slot with a sink (${count(layout.sinks)}), ` +
          `${layout.perMachine} to a machine, ${layout.machinesPerRow} machines to a row; colour: its longest silence.`,
        alt: `Heat map of slots by machine. ${list.map(phrase).join(". ")}.`,
      },
      {
        columns,
        spacing: 16,
        resolve: { scale: { color: "shared" } },
        concat: list.map((entry, index) => ({
          name: `case:${entry.case}`,
          width,
          height: layout.rows * rowPx,
          title: { text: entry.case, fontSize: 10.5, frame: "group", offset: 4, fontWeight: "normal" },
          data: { values: cells(set, entry.case, layout) },
          mark: { type: "rect", tooltip: true },
          encoding: {
            x: {
              field: "from",
              type: "quantitative",
              scale: { domain: [0, layout.machinesPerRow], nice: false, zero: true },
              title: index >= list.length - columns ? (isOneRow ? "machine" : "machine within the row") : null,
              axis: { grid: false, tickMinStep: 1, tickCount: 5 },
            },
            x2: { field: "to" },
            y: {
              field: "row",
              type: "quantitative",
              scale: { domain: [0, layout.rows], reverse: true, nice: false },
              title: index % columns === 0 && !isOneRow ? "first machine" : null,
              axis: isOneRow
                ? null
                : {
                    grid: false,
                    tickMinStep: 1,
                    tickCount: Math.min(5, layout.rows),
                    labelExpr: `format(datum.value * ${layout.machinesPerRow}, ',d')`,
                  },
            },
            y2: { field: "rowEnd" },
            color: {
              field: "gap",
              type: "ordinal",
              title: "longest silence",
              sort: EDGE_NAMES,
              scale: { domain: usedSteps(set), range: usedSteps(set).map((name) => stepColour(input, name)) },
              legend: { orient: "bottom", direction: "horizontal", symbolType: "square", columns: 10 },
            },
            tooltip: [
              { field: "machines", type: "nominal", title: "machine and slots" },
              { field: "gap", type: "nominal", title: "longest silence" },
              { field: "slots", type: "quantitative", title: "slots" },
            ],
          },
        })),
      },
    );
  },
};

const stepOf = (gapMs: number): number => EDGES_MS.filter((edge) => gapMs >= edge).length;

function usedSteps(set: ResultSet): string[] {
  const used = new Set(set.gaps.map((row) => stepOf(row.gapMs)));
  return EDGE_NAMES.filter((_, step) => used.has(step));
}

function stepColour(input: ChartInput, name: string): string {
  return STEPS[input.mode][EDGE_NAMES.indexOf(name)] as string;
}

interface Layout {
  readonly sinks: number;
  readonly machines: number;
  readonly perMachine: number;
  readonly machinesPerRow: number;
  readonly rows: number;
}

function layoutOf(set: ResultSet): Layout {
  const first = set.gaps[0] as GapRow;
  const rows = set.gaps.filter((row) => row.case === first.case && row.seed === first.seed);
  const machines = 1 + Math.max(...rows.map((row) => row.machine));
  const perMachine = new Map<number, number>();
  for (const row of rows) perMachine.set(row.machine, (perMachine.get(row.machine) ?? 0) + 1);
  const machinesPerRow = Math.min(machines, ROW_SIZES.find((size) => size * size >= machines) ?? MACHINES_PER_ROW);
  return {
    sinks: rows.length,
    machines,
    perMachine: Math.max(...perMachine.values()),
    machinesPerRow,
    rows: Math.ceil(machines / machinesPerRow),
  };
}

interface Cell {
  from: number;
  to: number;
  readonly row: number;
  readonly rowEnd: number;
  readonly gap: string;
  slots: number;
  machines: string;
}

/** Cells of the first seed, neighbours of one step joined into one rectangle. */
function cells(set: ResultSet, name: string, layout: Layout): Cell[] {
  const seed = set.gaps.find((row) => row.case === name)?.seed;
  const rows = set.gaps
    .filter((row) => row.case === name && row.seed === seed)
    .sort((a, b) => a.machine - b.machine || a.taskManager - b.taskManager || a.subtask - b.subtask);
  const joined: Cell[] = [];
  let machine = -1;
  let slot = 0;
  let firstMachine = 0;
  for (const entry of rows) {
    slot = entry.machine === machine ? slot + 1 : 0;
    machine = entry.machine;
    const row = Math.floor(machine / layout.machinesPerRow);
    const column = machine % layout.machinesPerRow;
    const from = Number((column + slot / layout.perMachine).toFixed(4));
    const to = Number((column + (slot + 1) / layout.perMachine).toFixed(4));
    const gap = EDGE_NAMES[stepOf(entry.gapMs)] as string;
    const last = joined.at(-1);
    if (last !== undefined && last.row === row && last.gap === gap && Math.abs(last.to - from) < 1e-3) {
      last.to = to;
      last.slots++;
      last.machines = firstMachine === machine ? `machine ${machine}` : `machines ${firstMachine}–${machine}`;
    } else {
      firstMachine = machine;
      joined.push({ from, to, row, rowEnd: row + 1, gap, slots: 1, machines: `machine ${machine}, slot ${slot}` });
    }
  }
  return joined;
}
