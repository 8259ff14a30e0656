/** What a stream can show: colours, how much in a line, and a line that changes. */
import { coloured, type Paint, plain } from '../report/paint.ts';

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
