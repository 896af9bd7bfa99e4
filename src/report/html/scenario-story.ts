/** What a scenario is about, in two sentences for a newcomer: read from its normalised text, which keeps all of it. */
import { parse } from "yaml";
import { count } from "../format.js";

interface Vertex {
  readonly id?: unknown;
  readonly parallelism?: unknown;
}

interface Scenario {
  readonly description?: unknown;
  readonly job?: { readonly vertices?: readonly Vertex[] };
  readonly cluster?: {
    readonly taskManagers?: unknown;
    readonly slotsPerTaskManager?: unknown;
    readonly provider?: unknown;
  };
  readonly engine?: { readonly version?: unknown };
  readonly faults?: readonly Readonly<Record<string, unknown>>[];
}

export interface Story {
  /** The author's words; empty without. */
  readonly description: string;
  /** Job and cluster, then the faults; empty for a text of another format. */
  readonly facts: readonly string[];
}

/** Faults listed one by one; more are counted. */
const MOST_FAULTS = 4;

export function storyOf(scenarioText: string): Story {
  let scenario: Scenario | null;
  try {
    scenario = parse(scenarioText) as Scenario | null;
  } catch {
    return { description: "", facts: [] };
  }
  if (scenario === null || typeof scenario !== "object") return { description: "", facts: [] };
  const description = typeof scenario.description === "string" ? scenario.description.trim() : "";
  return { description, facts: [job(scenario), faults(scenario)].filter((fact) => fact !== "") };
}

function job({ job: graph, cluster, engine }: Scenario): string {
  const vertices = graph?.vertices ?? [];
  if (vertices.length === 0 || cluster === undefined) return "";
  const shown = vertices.map(({ id, parallelism }) => `${text(id)} × ${number(parallelism)}`).join(", ");
  const on = `${number(cluster.taskManagers)} TaskManagers of ${number(cluster.slotsPerTaskManager)} slots`;
  const flink = engine?.version === undefined ? "" : `, Flink ${text(engine.version)}`;
  return `Job: ${shown}, on ${on} (${text(cluster.provider)}${flink}).`;
}

function faults({ faults: list }: Scenario): string {
  if (list === undefined || list.length === 0) return "No fault.";
  const shown = list.slice(0, MOST_FAULTS).map(({ at, kind, ...rest }) => {
    const where = settings(rest);
    return `${text(kind)}${where === "" ? "" : ` (${where})`}${at === undefined ? "" : ` at ${text(at)}`}`;
  });
  const more = list.length - shown.length;
  return `Fault: ${shown.join("; ")}${more > 0 ? ` and ${more} more` : ""}.`;
}

/** `taskManager 17`, `for 20s`: names and plain values, whatever the nesting. */
function settings(value: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(value).map(([name, own]): string => {
    if (own !== null && typeof own === "object" && !Array.isArray(own)) {
      return settings(own as Readonly<Record<string, unknown>>);
    }
    return `${name} ${Array.isArray(own) ? own.map(text).join(", ") : text(own)}`;
  });
  return parts.filter((part) => part !== "").join(", ");
}

function text(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function number(value: unknown): string {
  return typeof value === "number" ? count(value) : text(value);
}
