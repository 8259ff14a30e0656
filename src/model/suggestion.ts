import { quote } from './quote.ts';
import { enumerated } from './wording.ts';

/** The maximum number of known names that are listed when none is similar. */
const MAX_LISTED = 8;
/** With more candidates than this, only those with the same first letter are compared. */
const MANY = 500;
/** The maximum number of characters that are compared with characters for one name, so that none takes long. */
const MAX_COMPARED = 2_000_000;

/** `did you mean "x"?`, or the known names if there are at most eight; otherwise undefined. */
export function suggestion(wrong: string, known: readonly string[], what = 'known here'): string | undefined {
  const near = nearest(wrong, known);
  if (near !== undefined) return `did you mean ${quote(near)}?`;
  if (known.length === 0 || known.length > MAX_LISTED) return undefined;
  return `${what}: ${enumerated(known)}`;
}

/** The same as a sentence, for the hints of errors. */
export function suggestedFix(wrong: string, known: readonly string[]): string | undefined {
  const text = suggestion(wrong, known, 'there are');
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** The known name with the fewest typing mistakes, at most one in three characters. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  if (wrong.length > 100) return undefined;
  const plain = folded(wrong);
  let best: string | undefined;
  let left = MAX_COMPARED;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const name of known) {
    if (name === wrong || Math.abs(name.length - wrong.length) >= least) continue;
    if (known.length > MANY && name[0] !== wrong[0]) continue;
    // All very short names are within one mistake of each other.
    if (wrong.length < 3 && name[0] !== wrong[0]) continue;
    const candidate = folded(name);
    left -= candidate === plain ? 0 : plain.length * candidate.length;
    if (left < 0) break;
    const distance = candidate === plain ? 0 : mistakes(plain, candidate);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Ignores differences of case and of hyphens, underscores and spaces. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swapped neighbours between two texts (optimal string alignment). */
function mistakes(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (older[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [older, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
