/** A finding of `mdacc validate`, as the reports need it. */
import type { Location } from '../../model/user-error.ts';

export interface Checked {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly location: Location;
  /** The number of marked characters, which may span lines. */
  readonly length: number;
  readonly related?: { readonly message: string; readonly location: Location };
}

/** The texts of the files by the names in locations. */
export type Sources = ReadonlyMap<string, string>;

/** Returns a function for the column after the last marked character, on the line where the mark begins. */
export function endColumns(sources: Sources): (found: Checked) => number {
  const linesOf = new Map([...sources].map(([file, text]) => [file, text.split('\n')]));
  return ({ location: { file, line, column }, length }) => {
    const lineEnd = (linesOf.get(file)?.[line - 1] ?? '').trimEnd().length + 1;
    return Math.max(column + 1, Math.min(column + length, lineEnd));
  };
}
