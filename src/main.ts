#!/usr/bin/env node
/** The program: runs the typed command, and ends with exit code 64 when it was used wrongly. */
import type { Command } from 'commander';
import { commandOf, seeHelp } from './cli/help.ts';
import { forLog } from './cli/terminal.ts';
import { program } from './program.ts';

const EXIT_USAGE = 64;

async function main(): Promise<void> {
  const mdacc = program();
  // Help that is not read to its end is no error.
  process.stdout.on('error', () => undefined);
  try {
    await mdacc.parseAsync();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    if (error.exitCode === 0) return;
    const words = process.argv.slice(2);
    hintAtOrder(mdacc, words);
    hintAtSandbox(error, words);
    if (wantsJson(words)) process.stdout.write(asJson({ error: usageError(error, commandOf(mdacc, words)) }));
    process.exitCode = EXIT_USAGE;
  }
}

/** Options come after the command; many people type them before it. */
function hintAtOrder(mdacc: Command, words: readonly string[]): void {
  const command = mdacc.commands.map((each) => each.name()).find((name) => words.includes(name));
  if (command === undefined || words[0] === command || !words[0]?.startsWith('--')) return;
  const rest = words.filter((word) => word !== command);
  const hint = `Options come after the command: mdacc ${[command, ...rest].join(' ')}\n`;
  process.stderr.write(forLog(process.env)(hint));
}

/** `--sandbox` takes an optional folder, so it takes the word that follows it. */
function hintAtSandbox(error: Error & { readonly code?: string }, words: readonly string[]): void {
  const at = words.indexOf('--sandbox');
  const taken = words[at + 1];
  if (error.code !== 'commander.missingArgument' || at === -1 || taken === undefined || taken.startsWith('-')) return;
  const rest = words.filter((_, index) => index !== at);
  process.stderr.write(`--sandbox takes ${taken} as its folder; put it last: mdacc ${rest.join(' ')} --sandbox\n`);
}

function wantsJson(words: readonly string[]): boolean {
  return words.includes('--format=json') || words[words.indexOf('--format') + 1] === 'json';
}

function asJson(document: object): string {
  return forLog(process.env, 'json')(`${JSON.stringify(document, null, 2)}\n`);
}

function usageError({ message }: Error, command: Command) {
  return { code: 'USAGE', message: message.replace(/^error: /, ''), hint: { text: seeHelp(command) } };
}

/** Whether commander threw the error, which it has printed. */
function isUsageError(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** Resolves when the command has ended; `process.exitCode` is then set. */
export const ended = main();
