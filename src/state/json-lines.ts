import { visit } from 'jsonc-parser';

/** The lines of the values of a JSON text, and of its first mistake. Lines count from 1. */
export interface JsonLines {
  /** The line of each value by its JSON pointer, as far as the text is JSON; of the last one when a name is repeated. */
  readonly lineOf: ReadonlyMap<string, number>;
  /** The line of the first mistake; absent when there is none. */
  readonly brokenAt?: number;
}

/**
 * Finds the lines in a JSON text, to say where something is wrong: `JSON.parse` names none. Load this module only then.
 */
export function jsonLines(text: string): JsonLines {
  const lineOf = new Map<string, number>();
  let last = 1;
  let brokenAt: number | undefined;
  const value = (line: number, path: readonly (string | number)[]): void => {
    last = line + 1;
    if (brokenAt === undefined) lineOf.set(pointerOf(path), last);
  };
  try {
    visit(
      text,
      {
        onObjectBegin: (_offset, _length, line, _column, path) => value(line, path()),
        onArrayBegin: (_offset, _length, line, _column, path) => value(line, path()),
        onLiteralValue: (_value, _offset, _length, line, _column, path) => value(line, path()),
        onError: (_error, _offset, _length, line) => {
          brokenAt ??= line + 1;
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    // The parser is recursive: a text that is nested too deeply for it is no state either.
    if (!(error instanceof RangeError)) throw error;
    brokenAt ??= last;
  }
  return brokenAt === undefined ? { lineOf } : { lineOf, brokenAt };
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
