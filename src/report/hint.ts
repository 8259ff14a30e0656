import { shellWord } from '../model/shell.ts';
import type { Hint } from '../model/user-error.ts';
import { changedValues } from './changed-values.ts';
import { markdown } from './escape.ts';

/** Adds to the arguments of a command the options that the user typed: which configuration, state and organization. */
export type InContext = (argv: readonly string[]) => readonly string[];

/** Adds nothing. */
export const noContext: InContext = (argv) => argv;

/** `mdacc rotate etl_prod/airflow`: a command to type in a shell. @param argv The arguments after the program's name. */
export function commandText(argv: readonly string[], inContext: InContext = noContext): string {
  return ['mdacc', ...inContext(argv)].map((word) => shellWord(word)).join(' ');
}

/** `Replace it now: mdacc rotate etl_prod/airflow`. @param mark Marks the command, as `Paint.command` does. */
export function hintText({ text, command }: Hint, inContext: InContext = noContext, mark = unmarked): string {
  return command === undefined ? text : `${text.replace(/[.:]$/, '')}: ${mark(commandText(command, inContext))}`;
}

/** A command of which nothing is markup in a code span, also in a table. */
const PLAIN_COMMAND = /^[\w@%+=:,./ '*?-]+$/;

/** The same in Markdown, with the command as code, as it is typed. @param most Characters, beyond which it is cut as a text */
export function hintMarkdown(hint: Hint, inContext: InContext = noContext, most = Number.POSITIVE_INFINITY): string {
  const text = hintText(hint, inContext);
  if (text.length > most) return markdown(`${text.slice(0, most)}…`);
  const command = hint.command && commandText(hint.command, inContext);
  if (command === undefined || !PLAIN_COMMAND.test(command)) return markdown(text);
  return `${markdown(text.slice(0, -command.length))}\`${command}\``;
}

const unmarked = (command: string): string => command;

/** The same data, in which the command of every hint is in context. */
export function hintsInContext<T>(data: T, inContext: InContext): T {
  return changedValues(data, (value, key, of) =>
    key === 'command' && of !== undefined && 'text' in of && Array.isArray(value) ? inContext(value) : value,
  );
}
