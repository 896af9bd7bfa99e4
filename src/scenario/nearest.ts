/** The nearest valid name to a mistyped one (Levenshtein distance), for "did you mean …?". */

/** Edit distance (insert, delete, replace, each 1) between two strings of UTF-16 units. */
export function levenshtein(a: string, b: string): number {
  if (a === b) return 0;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] as number) + 1, (row[j - 1] as number) + 1, replace));
    }
    previous = row;
  }
  return previous[b.length] as number;
}

const LONGEST_NAME = 200;

/**
 * The candidate closest to `name`, ignoring case, or `null` if none is close enough to be a likely slip
 * (more than 2 edits, or 40 % of the longer name). Ties go to the earlier candidate.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > LONGEST_NAME) return null;
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const allowed = Math.max(2, Math.floor(0.4 * Math.max(wanted.length, other.length)));
    if (Math.abs(other.length - wanted.length) > Math.min(allowed, bestDistance)) continue;
    const distance = levenshtein(wanted, other);
    if (distance <= allowed && distance < bestDistance && distance < Math.max(wanted.length, other.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
