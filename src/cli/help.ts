/** How help looks, and what an error on the command line tells to type next. */
import type { Argument, Command, HelpConfiguration, Option } from 'commander';

/** Commands by their names alone, so that what they do fits beside them; values without quotes. */
export const HELP: HelpConfiguration = {
  subcommandTerm: (command) => command.name(),
  optionDescription: described,
  argumentDescription: described,
};

/** What the program goes by in the environment. */
export const ENVIRONMENT = [
  ['MOTHERDUCK_ADMIN_TOKEN', 'Read/write token of an Admin'],
  ['MOTHERDUCK_TOKEN', 'The same, if that is not set; then motherduck_token'],
  ['MOTHERDUCK_API_URL', "Address of MotherDuck's API, as with --api-url"],
  ['MDACC_SANDBOX', 'Folder of the sandbox that is served at that address'],
  ['NO_COLOR, FORCE_COLOR', 'No colours; colours also without a terminal'],
  ['TERM=dumb, CI=true', 'No progress bar; with dumb also no colours'],
  ['GITHUB_ACTIONS=true', 'Outputs and a summary for the job; set by the runner'],
] as const;

export function environmentLines(): string[] {
  const width = Math.max(...ENVIRONMENT.map(([names]) => names.length));
  return ENVIRONMENT.map(([names, meaning]) => `${names.padEnd(width)}  ${meaning}`);
}

function described({ description, argChoices, defaultValue }: Option | Argument): string {
  const isDefault = (value: unknown) => value === defaultValue;
  const shown = argChoices?.map((choice) => (isDefault(choice) ? `${choice} (the default)` : choice)).join(', ');
  if (shown !== undefined) return `${description}: ${shown}`;
  return typeof defaultValue === 'string' || typeof defaultValue === 'number'
    ? `${description} (default: ${defaultValue})`
    : description;
}

/**
 * Ends the help of a command with lines to type, and has its errors name the help; where something must be typed after
 * the command, they show the first line too.
 */
export function withExamples(command: Command, ...lines: readonly [string, ...string[]]): Command {
  const needs = command.registeredArguments.some(({ required }) => required);
  return command
    .addHelpText('after', `\n${section('Examples:', lines)}`)
    .showHelpAfterError(`${needs ? `For example: ${lines[0]}\n` : ''}${seeHelp(command)}`);
}

/** Lines under a heading, as help has them. */
export function section(heading: string, lines: readonly string[]): string {
  return `${heading}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** The command line that shows what a command takes, as a sentence. */
export function seeHelp(command: Command): string {
  return `Show the help: ${fullName(command)} --help`;
}

/** `mdacc state show`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** The command that words on the command line lead to, as far as they name one. */
export function commandOf(program: Command, words: readonly string[]): Command {
  const next = program.commands.find((each) => each.name() === words[0]);
  return next === undefined ? program : commandOf(next, words.slice(1));
}
