/** Runs the typed command, and ends with exit code 64 when the program was used wrongly. */

import type { Command } from 'commander';
import { commandFirst, commandOf } from './cli/command-words.ts';
import { EXIT } from './cli/exit-codes.ts';
import { fullName, seeHelp } from './cli/help.ts';
import { refuseForgottenValues } from './cli/refused-values.ts';
import { forLog, openStderr } from './cli/terminal.ts';
import { isTypedCredential } from './model/credential.ts';
import { shellPath, shellWord } from './model/shell.ts';
import { type Hint, UserError } from './model/user-error.ts';
import { program, quoted, writeUsageError } from './program.ts';
import { jsonText } from './report/escape.ts';
import { hintText } from './report/hint.ts';

async function main(): Promise<void> {
  const typed = process.argv.slice(2);
  try {
    refuseTypedSecrets(typed);
  } catch (error) {
    const { openIo, presentError } = await import('./cli/io.ts');
    presentError(error, openIo(wantsJson(typed) ? { format: 'json' } : {}));
    process.exitCode = EXIT.usage;
    return;
  }
  // Written once it is known what to advise.
  const said: string[] = [];
  const mdacc = program(typed, (text) => void said.push(text));
  const words = helpLast(commandFirst(mdacc, typed));
  noteLostOutput(commandOf(mdacc, words).name());
  // Not for help and version, which would open stderr for nothing.
  mdacc.hook('preAction', () => void openStderr());
  try {
    refuseForgottenValues(commandOf(mdacc, words), words);
    await mdacc.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!isUsageError(error)) throw error;
    if (error.exitCode === 0) return;
    const command = commandOf(mdacc, words);
    const hints = await hintsFor(error, typed, words, mdacc);
    writeUsageError(withHints(said, hints));
    if (wantsJson(words)) {
      const [hint = { text: seeHelp(command) }] = hints;
      process.stdout.write(asJson({ error: usageError(error, hint) }));
    }
    process.exitCode = EXIT.usage;
  }
}

/** Refuses words of a command that have the form of a secret, without showing them. @throws UserError USAGE */
function refuseTypedSecrets(words: readonly string[]): void {
  if (!words.some(isTypedCredential)) return;
  throw new UserError(
    'USAGE',
    'a secret was typed as a word of the command, where only names belong; it was not used',
    'It is now in the history of your shell: remove it there. If it leaked, docs/leaked-token.md says how to find the name of the token, and how to replace it by that name.',
  );
}

/** `help sandbox serve` becomes `sandbox serve --help`: commander's own help command knows one name. */
function helpLast(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  return first === 'help' && rest.length > 1 && !rest.some((word) => word.startsWith('-'))
    ? [...rest, '--help']
    : words;
}

/** Commands that may have changed something when their output is lost. */
const LEAVES_WORK = new Set(['apply', 'rotate', 'destroy', 'import']);

/** Broken output must not stop an apply; if the result was lost, the command fails at its end. Output that is not read to its end is no error. */
function noteLostOutput(command: string): void {
  let isLost = false;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isLost) return;
    isLost = true;
    const left = LEAVES_WORK.has(command) ? ' mdacc plan shows what is left to do.' : '';
    const hint = `Free space there, or write to another file.${left}`;
    openStderr().write(`Error: the output could not be written (${code})\n  ${hint}\n`);
  });
  process.once('exit', () => {
    // The exit code would announce differences or findings that nobody could read.
    const code = Number(process.exitCode ?? EXIT.done);
    if (isLost && (code === EXIT.done || code === EXIT.differences)) process.exitCode = EXIT.error;
  });
}

/** What to do about wrong usage: what is known of these words, or else what was probably meant. */
async function hintsFor(
  error: Error & { readonly code: string },
  typed: readonly string[],
  words: readonly string[],
  mdacc: Command,
): Promise<Hint[]> {
  const { otherWords } = await import('./cli/other-words.ts');
  const { probablyMeant } = await import('./cli/typing-mistakes.ts');
  const command = commandOf(mdacc, words);
  const known = [
    sandboxFolder(error, error.code === 'commander.unknownCommand' ? typed : words, mdacc),
    otherConfig(error, command),
    otherWords(error.code, words, command),
  ].flatMap((text) => (text === undefined ? [] : [{ text }]));
  if (known.length > 0) return known;
  const meant = probablyMeant(error.code, typed, words, command);
  return meant === undefined ? [] : [meant];
}

/** The text of commander, with hints below the error. */
function withHints([error = '', ...rest]: readonly string[], hints: readonly Hint[]): string {
  return [error, ...hints.map((hint) => `${hintText(hint)}\n`), ...rest].join('');
}

/** How a folder is named, where one follows `--sandbox`. */
function sandboxFolder(
  { code }: Error & { readonly code?: string },
  words: readonly string[],
  { commands }: Command,
): string | undefined {
  const at = words.findIndex((word) => word.startsWith('--sandbox='));
  const after = words.slice(words.indexOf('--sandbox') + 2);
  // A word between `--sandbox` and a command; without one it is a command that is misspelled.
  const isBetween = code === 'commander.unknownCommand' && commands.some((each) => after.includes(each.name()));
  const isExcess = (code === 'commander.excessArguments' || isBetween) && words.includes('--sandbox');
  if (at === -1 && !isExcess) return undefined;
  const folder = words[at]?.split('=')[1] ?? words[words.indexOf('--sandbox') + 1];
  if (folder === undefined || folder.startsWith('-')) return undefined;
  return `--sandbox takes no value. If ${folder} is a folder: --sandbox-dir ${shellPath(folder)}`;
}

/** How a configuration is named, where one follows a command that takes no arguments. */
function otherConfig({ code }: Error & { readonly code?: string }, command: Command): string | undefined {
  const file = command.args.find((word) => /\.ya?ml$/i.test(word));
  if (code !== 'commander.excessArguments' || file === undefined) return undefined;
  return `To use another configuration: ${fullName(command)} --config ${shellWord(file)}`;
}

function wantsJson(words: readonly string[]): boolean {
  return /(^| )(--format|-o)[= ]?json( |$)/.test(words.join(' '));
}

function asJson(document: object): string {
  return forLog(process.env, 'json')(jsonText(document));
}

function usageError({ message }: Error, hint: Hint) {
  const [first = ''] = quoted(message)
    .replace(/^error: /, '')
    .split('\n');
  return { code: 'USAGE', message: first, hint };
}

/** Whether commander threw the error, which it has printed. */
function isUsageError(error: unknown): error is Error & { code: string; exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** Resolves when the command has ended; `process.exitCode` is then set. */
export const ended = main();
