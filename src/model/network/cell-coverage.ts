/** Counts how often each (state, event) cell of the two state tables was used. */
export class CellCoverage {
  readonly cells = new Map<string, number>();

  count(machine: string, state: string, event: string): void {
    const key = `${machine}: ${state} × ${event}`;
    this.cells.set(key, (this.cells.get(key) ?? 0) + 1);
  }
}
