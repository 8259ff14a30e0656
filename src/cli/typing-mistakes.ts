/** The command line without a mistyped command or option. */
import type { Command } from 'commander';
import { nearest } from '../model/suggestion.ts';
import type { CommandHint } from '../model/user-error.ts';
import { optionWithValue } from './refused-values.ts';

/**
 * What was probably meant, to type as it stands.
 *
 * @param code Of commander.
 * @param typed The words as they were typed.
 * @param words The same with the command first.
 * @param command The one that was found.
 */
export function probablyMeant(
  code: string,
  typed: readonly string[],
  words: readonly string[],
  command: Command,
): CommandHint | undefined {
  const [wrong, near] =
    (code === 'commander.unknownCommand' ? nearCommand(command) : nearOption(code, words, command)) ?? [];
  if (wrong === undefined || near === undefined) return undefined;
  const at = typed.indexOf(wrong);
  return at === -1 ? undefined : { text: 'Did you mean:', command: typed.with(at, near) };
}

type Correction = readonly [wrong: string, near: string | undefined];

function nearCommand(command: Command): Correction {
  const [wrong = ''] = command.args;
  const known = command.createHelp().visibleCommands(command);
  return [
    wrong,
    nearest(
      wrong,
      known.map((each) => each.name()),
    ),
  ];
}

function nearOption(code: string, words: readonly string[], command: Command): Correction | undefined {
  if (code !== 'commander.unknownOption') return undefined;
  const known = command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);
  const isKnown = (name: string) => known.includes(name) || command.options.some(({ long }) => long === name);
  for (let at = 0; at < words.length && words[at] !== '--'; at += 1) {
    const word = words[at] ?? '';
    const [name = '', ...value] = word.split('=');
    if (optionWithValue(command.options, word) !== undefined) at += 1;
    else if (name.startsWith('--') && !isKnown(name)) {
      const near = nearest(name, known);
      return [word, near && [near, ...value].join('=')];
    }
  }
  return undefined;
}
