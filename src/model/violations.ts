/** Broken invariants: how often each, and the first place, which is what one looks at. */
export class Violations {
  private readonly found = new Map<string, { count: number; first: string }>();

  add(name: string, place: string): void {
    const entry = this.found.get(name);
    if (entry) entry.count++;
    else this.found.set(name, { count: 1, first: place });
  }

  list(): { name: string; count: number; first: string }[] {
    return [...this.found].map(([name, entry]) => ({ name, ...entry }));
  }
}
