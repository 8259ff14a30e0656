#!/usr/bin/env node
/** The program: runs the command that was typed, and turns wrong usage into its exit code. */
import type { Command } from 'commander';
import { program } from './program.ts';

const EXIT_USAGE = 64;

async function main(): Promise<void> {
  const mdacc = program();
  try {
    await mdacc.parseAsync();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    hintAtOrder(mdacc, process.argv.slice(2));
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

/** Options belong to commands; many people type them before. */
function hintAtOrder(mdacc: Command, words: readonly string[]): void {
  const command = mdacc.commands.map((each) => each.name()).find((name) => words.includes(name));
  if (command === undefined || words[0] === command || !words[0]?.startsWith('--')) return;
  const rest = words.filter((word) => word !== command);
  process.stderr.write(`Options come after the command: mdacc ${[command, ...rest].join(' ')}\n`);
}

/** Commander has then printed what is wrong. */
function isUsageError(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

void main();
