/** The input and output of a command: streams, environment, and messages to the user. */
import { repositoryPath } from '../files/paths.ts';
import { defined } from '../model/defined.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { jsonText, printable } from '../report/escape.ts';
import { type FormatName, traitsOf } from '../report/format-traits.ts';
import { hintsInContext, hintText, type InContext } from '../report/hint.ts';
import { type PathOf, relocated } from '../report/locations.ts';
import { codeText, type Paint, terminalText, unbroken, wrapTo } from '../report/terminal-text.ts';
import { hasLinks, withLinks } from './file-links.ts';
import { ChangingLine, columnsOf, forLog, paintFor, type TerminalOptions } from './terminal.ts';
import { contextOf, type TypedOptions } from './typed-options.ts';

/** How a command shows its result. */
export interface OutputOptions extends TerminalOptions {
  readonly format?: FormatName;
}

/** The input and output of one command. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly options: OutputOptions & TypedOptions;
  /** Adds the context options that the user typed to a command to type next. */
  readonly inContext: InContext;
  /** Names a file for the selected format: a program reads it from the root of the repository. */
  readonly pathOf: PathOf;
  /** Colours for the result on stdout and for everything else on stderr. */
  readonly paint: { readonly out: Paint; readonly err: Paint };
  /** The progress line on stderr, which every other line clears. */
  readonly changing: Pick<ChangingLine, 'show' | 'clear'>;
  /** Takes names that others gave, which no line is broken within. */
  keepWhole(names: Iterable<string>): void;
  /** Breaks a text for stderr at the width of the terminal. */
  wrap(text: string): string;
  /** Takes files of the user, whose names are links where the terminal opens them. */
  linkTo(files: Iterable<string>): void;
  /** Writes the result unchanged. */
  result(text: string): void;
  /** Writes the result in the selected format; text is wrapped to the width of a terminal. */
  report(text: string): void;
  /** Writes workflow commands for the runner of GitHub Actions, to stdout as a result or to stderr as a note. */
  commands(text: string, as: 'result' | 'note'): void;
  /** Writes to stderr, also with --quiet. */
  say(text: string): void;
  /** Writes a remark to stderr, except with --quiet. */
  note(text: string): void;
  /** Writes a warning to stderr, except with --quiet. */
  warn(message: string, hint?: Hint): void;
  /** Writes a line to stderr with --debug. */
  debug(line: string): void;
}

/** Opens the input and output of this process, as the options say. */
export function openIo(options: OutputOptions & TypedOptions): Io {
  const { env, stdout, stderr } = process;
  const { isText = false, isForPrograms = false } = traitsOf(options.format);
  const out = paintFor(stdout, options, env);
  const paint = {
    // Only text is wrapped; in other formats a command has its blanks.
    out: isText ? { ...out, command: unbroken } : out,
    err: { ...paintFor(stderr, options, env), command: unbroken },
  };
  const [shown, told] = [forLog(env, options.format), forLog(env)];
  const inContext = contextOf(options);
  const changing = new ChangingLine(stderr);
  const write = (stream: NodeJS.WriteStream, text: string, isRead = false) => {
    changing.clear();
    const shown = terminalText(text, stream === stdout ? paint.out : paint.err);
    stream.write(isRead && hasLinks(stream, env) ? withLinks(shown, files) : shown);
  };
  const names = new Set<string>();
  const files = new Set<string>();
  const wrapped = (text: string, stream: NodeJS.WriteStream) => wrapTo(text, columnsOf(stream), names);
  const say = (text: string) => write(stderr, `${told(wrapped(text, stderr))}\n`, true);
  return {
    env,
    options,
    inContext,
    pathOf: isForPrograms ? repositoryPath : (file) => file,
    paint,
    changing,
    keepWhole: (given) => {
      for (const name of given) if (name.includes(' ')) names.add(printable(name));
    },
    wrap: (text) => wrapped(text, stderr),
    linkTo: (given) => {
      for (const file of given) files.add(file);
    },
    result: (text) => write(stdout, shown(text)),
    report: (text) => write(stdout, shown(isText ? wrapped(text, stdout) : text), isText),
    commands: (text, as) => write(as === 'result' ? stdout : stderr, text),
    say,
    note: (text) => {
      if (!options.quiet) say(text);
    },
    warn: (message, hint) => {
      if (!options.quiet)
        say(
          `${paint.err.yellow('Warning:')} ${printable(message)}${hint === undefined ? '' : `\n  ${hintText(printable(hint), inContext, unbroken)}`}`,
        );
    },
    debug: (line) => {
      if (options.debug) write(stderr, `${told(paint.err.dim(`debug: ${line}`))}\n`);
    },
  };
}

/** The answer no to a question, or its interruption: nothing failed, so nothing is to fix. */
export class Cancelled extends UserError {}

/** Writes an error to stderr; with --format json also as a document to stdout. */
export function presentError(error: unknown, io: Io): void {
  const { paint } = io;
  const known = error instanceof UserError ? error : bug(error);
  const at = known.location ? `${known.location.file}:${known.location.line}:${known.location.column}: ` : '';
  io.say(
    known instanceof Cancelled
      ? printable(known.message)
      : `${paint.err.red('Error:')} ${printable(at + known.message)}${codeText(known.code, paint.err)}\n  ${hintText(printable(known.hint), io.inContext, unbroken)}`,
  );
  if (io.options.debug && error instanceof Error) io.say(paint.err.dim(`${error.stack}`));
  if (io.options.format !== 'json') return;
  const { code, message, location } = known;
  const hint = hintsInContext(known.hint, io.inContext);
  const more = {
    ...defined({ location }),
    ...('diagnostics' in known ? { diagnostics: known.diagnostics } : {}),
  };
  io.result(jsonText({ error: { code, message, hint, ...relocated(more, io.pathOf) } }));
}

function bug(error: unknown): UserError {
  const what = error instanceof Error ? error.message : String(error);
  const hint = 'Run it again with --debug, and report the output as an issue of motherduck-accounts.';
  return new UserError('BUG', `this is a bug in motherduck-accounts: ${what}`, hint);
}
