import { visit } from 'jsonc-parser';

/** The lines of the values of a JSON text and of its first error. Lines count from 1. */
export interface JsonLines {
  /** The line of each value before the first error, by its JSON pointer; of the last value when a name is repeated. */
  readonly lineOf: ReadonlyMap<string, number>;
  /** The line of the first error; absent when there is none. */
  readonly errorLine?: number;
}

/**
 * Finds lines in an invalid JSON text, for error messages: `JSON.parse` names none. Load this module only for those.
 */
export function jsonLines(text: string): JsonLines {
  const lineOf = new Map<string, number>();
  let last = 1;
  let errorLine: number | undefined;
  const value = (line: number, path: readonly (string | number)[]): void => {
    last = line + 1;
    if (errorLine === undefined) lineOf.set(pointerOf(path), last);
  };
  try {
    visit(
      text,
      {
        onObjectBegin: (_offset, _length, line, _column, path) => value(line, path()),
        onArrayBegin: (_offset, _length, line, _column, path) => value(line, path()),
        onLiteralValue: (_value, _offset, _length, line, _column, path) => value(line, path()),
        onError: (_error, _offset, _length, line) => {
          errorLine ??= line + 1;
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    // The parser is recursive; a text that is nested too deeply for it is not a state.
    if (!(error instanceof RangeError)) throw error;
    errorLine ??= last;
  }
  return errorLine === undefined ? { lineOf } : { lineOf, errorLine };
}

/** The first key that is repeated in its object, with its line. */
export function repeatedKey(text: string): { readonly key: string; readonly line: number } | undefined {
  const open: Set<string>[] = [];
  let found: { readonly key: string; readonly line: number } | undefined;
  visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (key, _offset, _length, line) => {
      const keys = open.at(-1);
      if (keys?.has(key)) found ??= { key, line: line + 1 };
      keys?.add(key);
    },
  });
  return found;
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
