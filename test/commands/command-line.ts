/** The command line as data: every command, its help, and whether a line could be typed. */
import type { Command } from 'commander';
import { program } from '../../src/program.ts';

/** The program and every command and subcommand of it that people see. */
export function commands(of: Command = program()): Command[] {
  const below = of.commands.filter((each) => !each.name().startsWith('_'));
  return [of, ...below.flatMap((each) => commands(each))];
}

/** `sandbox serve`; of the program itself, nothing. */
export function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** The help of a command as a terminal of 80 columns shows it. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 80,
  });
  command.outputHelp();
  return text;
}

/** The lines under a heading of a help. */
export function linesUnder(heading: string, help: string): string[] {
  const [, section = ''] = help.split(`\n${heading}\n`);
  return (section.split('\n\n')[0] ?? '').split('\n').flatMap((line) => (line === '' ? [] : [line.trim()]));
}

/** Says what is wrong with the words after `mdacc`; undefined when they can be typed. */
export function wrongWith(given: readonly string[]): string | undefined {
  let command: Command = program();
  const words = [...given];
  for (let found = subcommand(command, words[0]); found !== undefined; found = subcommand(command, words[0])) {
    command = found;
    words.shift();
  }
  if (words[0] === '--help' || words[0] === '--version') return undefined;
  if (command.commands.length > 0) return `no command ${words[0] ?? ''} of ${command.name()}`;
  const { registeredArguments } = command;
  const isEndless = registeredArguments.some(({ variadic }) => variadic);
  const most = isEndless ? Number.POSITIVE_INFINITY : registeredArguments.length;
  const least = registeredArguments.filter(({ required }) => required).length;
  let args = 0;
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (!word.startsWith('-')) {
      args += 1;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option === undefined) return `${command.name()} has no option ${word}`;
    if (!option.required && !(option.optional && words[0] !== undefined && !words[0].startsWith('-'))) continue;
    const value = words.shift();
    if (option.optional && args < most) return `${word} takes ${value} for its value`;
    if (value === undefined || option.argChoices?.includes(value) === false) return `${word} does not take ${value}`;
  }
  return args < least || args > most ? `${command.name()} does not take ${args} arguments` : undefined;
}

function subcommand(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((each) => each.name() === name);
}
