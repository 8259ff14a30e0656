/** What the check of a configuration found, as far as reports need to know. */
import type { Location } from '../../model/user-error.ts';

export interface Checked {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly location: Location;
  /** How many characters are meant, perhaps over several lines. */
  readonly length: number;
  readonly related?: { readonly message: string; readonly location: Location };
}

/** The files' texts by the names that places have. */
export type Sources = ReadonlyMap<string, string>;

/** Gives the column after the last character that is meant, on the line where it begins. */
export function endColumns(sources: Sources): (found: Checked) => number {
  const linesOf = new Map([...sources].map(([file, text]) => [file, text.split('\n')]));
  return ({ location: { file, line, column }, length }) => {
    const lineEnd = (linesOf.get(file)?.[line - 1] ?? '').trimEnd().length + 1;
    return Math.max(column + 1, Math.min(column + length, lineEnd));
  };
}
