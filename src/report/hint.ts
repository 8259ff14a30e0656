import { shellWord } from '../model/shell.ts';
import type { CommandHint, Hint } from '../model/user-error.ts';
import { changedValues, isPlain } from './changed-values.ts';
import { markdown } from './escape.ts';

/** Returns the command of a hint with the options that the user typed: which configuration, state and organization. */
export type InContext = (hint: Omit<CommandHint, 'text'>) => readonly string[];

/** Adds nothing. */
export const noContext: InContext = ({ command }) => command;

/** `mdacc rotate etl_prod/airflow`: a command to type in a shell. @param argv The arguments after the program's name. */
export function commandText(argv: readonly string[], inContext: InContext = noContext): string {
  return inShell(inContext({ command: argv }));
}

/** The command of a hint, to type in a shell. */
export function hintCommandText(hint: Hint, inContext: InContext): string | undefined {
  return hasCommand(hint) ? inShell(inContext(hint)) : undefined;
}

function hasCommand(hint: Hint): hint is CommandHint {
  return hint.command !== undefined;
}

function inShell(argv: readonly string[]): string {
  return ['mdacc', ...argv].map((word) => shellWord(word)).join(' ');
}

/** `Replace it now: mdacc rotate etl_prod/airflow`. @param mark Marks the command, as `Paint.command` does. */
export function hintText(hint: Hint, inContext: InContext = noContext, mark = unmarked): string {
  const command = hintCommandText(hint, inContext);
  return command === undefined ? hint.text : `${hint.text.replace(/[.:]$/, '')}: ${mark(command)}`;
}

/** A command of which nothing is markup in a code span, also in a table. */
const PLAIN_COMMAND = /^[\w@%+=:,./ '*?-]+$/;

/** The same in Markdown, with the command as code, as it is typed. @param most Characters, beyond which it is cut as a text */
export function hintMarkdown(hint: Hint, inContext: InContext = noContext, most = Number.POSITIVE_INFINITY): string {
  const text = hintText(hint, inContext);
  if (text.length > most) return markdown(`${text.slice(0, most)}…`);
  const command = hintCommandText(hint, inContext);
  if (command === undefined || !PLAIN_COMMAND.test(command)) return markdown(text);
  return `${markdown(text.slice(0, -command.length))}\`${command}\``;
}

const unmarked = (command: string): string => command;

/** The same data, in which the command of every hint is in context, as it is to be typed. */
export function hintsInContext<T>(data: T, inContext: InContext): T {
  return changedValues(data, (value) => {
    if (!isHintWithCommand(value)) return value;
    const { isAgain, ...hint } = value;
    const command = inContext(value);
    return command === hint.command && isAgain === undefined ? value : { ...hint, command };
  });
}

function isHintWithCommand(value: unknown): value is CommandHint {
  return isPlain(value) && 'text' in value && 'command' in value && Array.isArray(value.command);
}
