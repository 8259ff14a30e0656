import { LineCounter } from 'yaml';
import type { Location } from '../model/user-error.ts';

/** One file that was read: its name as shown to people, its text, and where its lines begin. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Its text is never shown: on a runner it may have contents that the author of the pull request could not read. */
  readonly isHidden?: true;
  /** The part of yaml's LineCounter that is used: the library's types must not need the package. */
  readonly lines: { linePos(offset: number): { readonly line: number; readonly col: number } };
}

/** A range of a source, as offsets into its text; diagnostics point at one. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Creates a source. Lines are counted here, so that positions do not depend on how far the parser came. */
export function sourceOf(file: string, text: string, isHidden = false): Source {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return { file, text, lines, ...(isHidden ? { isHidden } : {}) };
}

/** The position of a span's start. */
export function locationOf(span: Span): Location {
  const { line, col } = span.source.lines.linePos(span.start);
  return { file: span.source.file, line, column: col };
}

/** Why the bytes of a file are not UTF-8 text. */
interface BadBytes {
  readonly message: string;
  readonly hint: string;
}

/** Decodes UTF-8 with or without a byte order mark. Returns the text, or why the bytes are not UTF-8. */
export function decode(bytes: Uint8Array): string | BadBytes {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { message: 'the file is UTF-16, not UTF-8', hint: 'save it as UTF-8' };
  }
  if (bytes.includes(0)) {
    return {
      message: 'the file is binary, not YAML text',
      hint: 'save it as UTF-8; UTF-16 without a byte order mark looks binary too',
    };
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { message: 'the file is not UTF-8 text', hint: 'save it as UTF-8' };
  }
}
