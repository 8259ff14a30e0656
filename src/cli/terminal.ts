/** What an output can show: colours, its width, a line that changes; and text made safe for the log of GitHub Actions. */
import { coloured, type Paint, plain } from '../report/terminal-text.ts';

export interface TerminalOptions {
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** NO_COLOR and --no-color win over FORCE_COLOR, and that over what the stream is. */
export function paintFor(stream: NodeJS.WriteStream, options: TerminalOptions, env: NodeJS.ProcessEnv): Paint {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env;
  if (options.color === false || NO_COLOR !== '') return plain;
  if (FORCE_COLOR !== '') return FORCE_COLOR === '0' || FORCE_COLOR === 'false' ? plain : coloured;
  return stream.isTTY && TERM !== 'dumb' ? coloured : plain;
}

/** How wide the terminal is now; undefined where there is none. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
}

/** A log keeps every state of a line that changes, and --debug writes between. */
export function canChangeLines(stream: NodeJS.WriteStream, options: TerminalOptions, env: NodeJS.ProcessEnv): boolean {
  if (options.quiet || options.debug) return false;
  return stream.isTTY && env.TERM !== 'dumb' && NO_CI.includes(env.CI ?? '');
}

const NO_CI = ['', '0', 'false'];

/** Whether blocks can be drawn. In Chinese, Japanese and Korean they may take two columns. */
export function hasBlocks({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return /utf-?8/i.test(locale) && !/^(zh|ja|ko)/.test(locale);
}

/** The last line of a terminal, which changes while something is done, and makes way for every line that stays. */
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

/** How a character is put in so that the runner sees no command: by an escape where the format has one, else by a space. */
const ESCAPES: Readonly<Record<string, { readonly hash: string; readonly colon: string }>> = {
  json: { hash: '\\u0023', colon: ':' },
  sarif: { hash: '\\u0023', colon: ':' },
  html: { hash: '&#35;', colon: '&#58;' },
  junit: { hash: '&#35;', colon: '&#58;' },
};
const SPACED = { hash: ' #', colon: ' :' };

/** Gives what makes a text fit for the log that this environment has, in a format of reports. */
export function forLog(env: NodeJS.ProcessEnv, format = 'text'): (text: string) => string {
  return env.GITHUB_ACTIONS === 'true' ? (text) => withoutCommands(text, format) : (text) => text;
}

/** The runner obeys `##[command]` anywhere in a line, and `::command::` at its beginning, after blanks too. */
export function withoutCommands(text: string, format = 'text'): string {
  const { hash, colon } = ESCAPES[format] ?? SPACED;
  // In JSON no line begins with a colon.
  return text.replace(/##(?=\[)/g, `#${hash}`).replace(/^([\t\v\f\x85\p{Z}]*):(?=:)./gmu, `$1:${colon}`);
}
