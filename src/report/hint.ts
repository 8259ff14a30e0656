import type { Hint } from '../model/user-error.ts';

/** Turns arguments after the program's name into the text to type in a shell. */
export type ToCommand = (argv: readonly string[]) => string;

/** `mdacc rotate etl_prod/airflow`: the command alone, without options of the context. */
export const plainCommand: ToCommand = (argv) => ['mdacc', ...argv].map(shellWord).join(' ');

/** `Replace it now: mdacc rotate etl_prod/airflow`. */
export function hintText({ text, command }: Hint, toCommand: ToCommand = plainCommand): string {
  return command === undefined ? text : `${text.replace(/[.:]$/, '')}: ${toCommand(command)}`;
}

/** One word of a shell command, quoted only where a shell would read it otherwise. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
