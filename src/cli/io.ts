/** What a command has of the world: its streams, its environment, and how it may speak to a person. */

import { UserError } from '../model/user-error.ts';
import { jsonText } from '../report/json.ts';
import { coloured, type Paint, plain } from '../report/paint.ts';
import { printable } from '../report/printable.ts';
import { forLog } from './runner-log.ts';

export interface OutputOptions {
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly format?: string;
}

export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly options: OutputOptions;
  /** For the result on stdout, and for everything else on stderr. */
  readonly paint: { readonly out: Paint; readonly err: Paint };
  /** The result. */
  result(text: string): void;
  /** Commands that the runner of GitHub Actions is to obey, as part of the result or beside it. */
  commands(text: string, as: 'result' | 'note'): void;
  /** What must be seen, on stderr. */
  say(text: string): void;
  /** Progress and remarks; silent with --quiet. */
  note(text: string): void;
  warn(message: string, hint?: string): void;
  /** A line of --debug. */
  debug(line: string): void;
}

export function openIo(options: OutputOptions): Io {
  const paint = { out: paintFor(process.stdout, options), err: paintFor(process.stderr, options) };
  const [shown, told] = [forLog(process.env, options.format), forLog(process.env)];
  const say = (text: string) => void process.stderr.write(`${told(text)}\n`);
  return {
    env: process.env,
    options,
    paint,
    result: (text) => void process.stdout.write(shown(text)),
    commands: (text, as) => void (as === 'result' ? process.stdout : process.stderr).write(text),
    say,
    note: (text) => {
      if (!options.quiet) say(text);
    },
    warn: (message, hint) => {
      say(`${paint.err.yellow('Warning:')} ${printable(message)}${hint === undefined ? '' : `\n  ${printable(hint)}`}`);
    },
    debug: (line) => {
      if (options.debug) say(paint.err.dim(`debug: ${line}`));
    },
  };
}

/** NO_COLOR and --no-color win over FORCE_COLOR, and that over what the stream is. */
function paintFor(stream: NodeJS.WriteStream, options: OutputOptions): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (options.color === false || (NO_COLOR !== undefined && NO_COLOR !== '')) return plain;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return coloured;
  return stream.isTTY && TERM !== 'dumb' ? coloured : plain;
}

/** Writes an error for a person on stderr; with --format json also as a document on stdout. */
export function presentError(error: unknown, io: Io): void {
  const { paint } = io;
  const known = error instanceof UserError ? error : bug(error);
  const at = known.where ? `${known.where.file}:${known.where.line}:${known.where.column}: ` : '';
  io.say(`${paint.err.red('Error:')} ${printable(at + known.message)}\n  ${printable(known.hint)}`);
  if (io.options.debug && error instanceof Error) io.say(paint.err.dim(`${error.stack}`));
  if (io.options.format !== 'json') return;
  const { code, message, hint, where } = known;
  const more = { ...(where ? { where } : {}), ...('diagnostics' in known ? { diagnostics: known.diagnostics } : {}) };
  io.result(jsonText({ error: { code, message, hint, ...more } }));
}

function bug(error: unknown): UserError {
  const what = error instanceof Error ? error.message : String(error);
  const hint = 'Run it again with --debug, and report what it prints at the issues of motherduck-accounts.';
  return new UserError('BUG', `this is a bug in motherduck-accounts: ${what}`, hint);
}
