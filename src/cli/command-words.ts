/** Finds the command in the words of a command line, and its options at any position. */
import type { Command, Option } from 'commander';
import { optionWithValue } from './refused-values.ts';

/** The command that the words name, as far as they name one. */
export function commandOf(program: Command, words: readonly string[]): Command {
  const next = program.commands.find((each) => each.name() === words[0]);
  return next === undefined ? program : commandOf(next, words.slice(1));
}

/**
 * Puts the command first, so that options may stand before it: `--sandbox plan` becomes `plan --sandbox`. A word
 * that is no command is put first too, so that the error names it and not the options.
 */
export function commandFirst(program: Command, words: readonly string[]): readonly string[] {
  const all = optionsOf(program);
  const width = (word: string) => (optionWithValue(all, word) === undefined ? 1 : 2);
  const [names, options]: [string[], string[]] = [[], []];
  let command = program;
  let at = 0;
  while (at < words.length && command.commands.length > 0) {
    const word = words[at] ?? '';
    const next = command.commands.find((each) => each.name() === word);
    const end = at + width(word);
    if (next !== undefined) {
      names.push(word);
      command = next;
    } else if (/^-./.test(word) && word !== '--') options.push(...words.slice(at, end));
    else break;
    at = end;
  }
  // The words that completion is asked about are not options of this command.
  if (names[0]?.startsWith('_')) return words;
  if (asksVersion(words, width)) return ['--version'];
  const isUnknown = command.commands.length > 0 && at < words.length && words[at] !== '--';
  const unknown = isUnknown ? words.slice(at, at + 1) : [];
  return [...names, ...unknown, ...options, ...words.slice(at + unknown.length)];
}

/** Whether the version is asked for, before the command or after it. */
function asksVersion(words: readonly string[], width: (word: string) => number): boolean {
  for (let at = 0; at < words.length; at += width(words[at] ?? '')) {
    if (words[at] === '--') return false;
    if (words[at] === '-V' || words[at] === '--version') return true;
  }
  return false;
}

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)];
}
