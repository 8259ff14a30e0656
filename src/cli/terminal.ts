/** The abilities of a terminal: colours, width, a line that changes; and text made safe for the log of GitHub Actions. */
import { isCi, readsCommandsInLog } from '../model/ci.ts';
import { type FormatName, traitsOf } from '../report/format-traits.ts';
import { coloured, type Paint, plain } from '../report/terminal-text.ts';

/** The options of what a terminal shows. */
export interface TerminalOptions {
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** Selects the colours of a stream: NO_COLOR and --no-color override FORCE_COLOR, which overrides the kind of stream. */
export function paintFor(stream: NodeJS.WriteStream, options: TerminalOptions, env: NodeJS.ProcessEnv): Paint {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env;
  if (options.color === false || NO_COLOR !== '') return plain;
  if (FORCE_COLOR !== '') return FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? plain : coloured;
  return stream.isTTY && TERM !== 'dumb' ? coloured : plain;
}

/** The current width of the terminal in columns; undefined without a terminal. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
}

/** Whether a line can change: a log would keep every version of it, and --debug writes in between. */
export function canChangeLines(stream: NodeJS.WriteStream, options: TerminalOptions, env: NodeJS.ProcessEnv): boolean {
  if (options.quiet || options.debug) return false;
  return stream.isTTY && env.TERM !== 'dumb' && !isCi(env);
}

/** Whether block characters can be drawn. In Chinese, Japanese and Korean locales they may take two columns. */
export function hasBlocks({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return /utf-?8/i.test(locale) && !/^(zh|ja|ko)/.test(locale);
}

/** The last line of a terminal, which shows progress and is cleared before any other output. */
export class ChangingLine {
  readonly #stream: NodeJS.WritableStream;
  #isShown = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    this.#isShown = true;
    this.#stream.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K');
    this.#isShown = false;
  }
}

/** Returns the function that makes output safe for the log of this environment. */
export function forLog(env: NodeJS.ProcessEnv, format?: FormatName): (text: string) => string {
  return readsCommandsInLog(env) ? (text) => withoutCommands(text, format) : (text) => text;
}

/** Hides workflow commands in a text: `##[command]` and `##vso[command]` anywhere in a line, `::command::` at its beginning, also after blanks. */
function withoutCommands(text: string, format: FormatName | undefined): string {
  const { hash, colon } = traitsOf(format).escapes;
  return text.replace(/##(?=\w*\[)/g, `#${hash}`).replace(/^([\t\v\f\x85\p{Z}]*):(?=:)./gmu, `$1:${colon}`);
}

/** Opens stderr. A reader that closes it early does not change the exit code. */
export function openStderr(): NodeJS.WriteStream {
  const { stderr } = process;
  return stderr.listenerCount('error') === 0 ? stderr.on('error', () => undefined) : stderr;
}
