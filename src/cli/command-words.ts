/** Which command the words on the command line name, and its options wherever they stand. */
import type { Command, Option } from 'commander';

/** The command that the words name, as far as they name one. */
export function commandOf(program: Command, words: readonly string[]): Command {
  const next = program.commands.find((each) => each.name() === words[0]);
  return next === undefined ? program : commandOf(next, words.slice(1));
}

/** Puts the command first, so that options may stand before it: `--sandbox plan` becomes `plan --sandbox`. */
export function commandFirst(program: Command, words: readonly string[]): readonly string[] {
  const withValue = new Set(optionsOf(program).flatMap(({ required, long, short }) => (required ? [long, short] : [])));
  const [names, options]: [string[], string[]] = [[], []];
  let command = program;
  let at = 0;
  for (; at < words.length && command.commands.length > 0; at += 1) {
    const word = words[at] ?? '';
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined) {
      names.push(word);
      command = next;
    } else if (/^-./.test(word) && word !== '--') {
      options.push(...words.slice(at, withValue.has(word) ? at + 2 : at + 1));
      if (withValue.has(word)) at += 1;
    } else break;
  }
  // The program's own option stands before every command.
  const isVersion = options.some((word) => word === '-V' || word === '--version');
  return isVersion ? ['--version'] : [...names, ...options, ...words.slice(at)];
}

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)];
}
