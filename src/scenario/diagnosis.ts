/** What is wrong with a scenario, each mistake once, at the override that caused it or else in the file. */
import type { Issue } from "./issues.js";
import type { Diagnostic } from "./messages.js";
import type { YamlTree } from "./parse.js";
import type { Path } from "./schema-values.js";

/** Where something stands: in the file, or in a `--set`. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An override of a path and of all below it, and where it stands. */
export interface Origin {
  readonly path: Path;
  readonly place: Place;
}

const MAX_DIAGNOSTICS = 20;

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((segment, i) => String(segment) === String(path[i]));
}

export class Diagnosis {
  private readonly yaml: YamlTree;
  private readonly file: string;
  private readonly diagnostics: Diagnostic[] = [];

  constructor(yaml: YamlTree, file: string) {
    this.yaml = yaml;
    this.file = file;
  }

  get found(): boolean {
    return this.diagnostics.length > 0;
  }

  /** As many as a person reads, in the order in which they were found. */
  get first(): readonly Diagnostic[] {
    return this.diagnostics.slice(0, MAX_DIAGNOSTICS);
  }

  add(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic);
  }

  /** The longest override of the path wins, of several the last. */
  place(path: Path, at: "key" | "value", origins: readonly Origin[]): Place {
    let best: Origin | null = null;
    for (const origin of origins) {
      if (startsWith(path, origin.path) && (best === null || origin.path.length >= best.path.length)) best = origin;
    }
    if (best !== null) return best.place;
    return { file: this.file, ...this.yaml.locate(path, at) };
  }

  report(issues: readonly Issue[], origins: readonly Origin[]): void {
    for (const { path, at, problem } of issues) {
      const found = { ...problem, ...this.place(path, at, origins) };
      const same = (d: Diagnostic) =>
        d.file === found.file && d.line === found.line && d.column === found.column && d.message === found.message;
      if (!this.diagnostics.some(same)) this.diagnostics.push(found);
    }
  }
}
