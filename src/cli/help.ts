/** The layout of help, and the command that a usage error tells to type next. */
import type { Argument, Command, HelpConfiguration, Option } from 'commander';
import { wrapTo } from '../report/terminal-text.ts';
import { columnsOf } from './terminal.ts';

/** Longer lines are hard to read on a wide terminal. */
const MOST_COLUMNS = 100;

/** The width of help on this stream. */
export function helpWidth(stream: NodeJS.WriteStream): number {
  return Math.min(MOST_COLUMNS, columnsOf(stream) ?? 80);
}

/** The lines that commander leaves as they are, on a narrow terminal. Commands stay whole: half of one could be pasted and run. */
export function helpRows(text: string, stream: NodeJS.WriteStream): string {
  return wrapTo(text, columnsOf(stream) && helpWidth(stream), text.match(/(?<=^ *|: )mdacc .*$/gm) ?? []);
}

/** Lists commands by name alone, so that descriptions fit beside them, and values without quotes. */
export const HELP: HelpConfiguration = {
  subcommandTerm: (command) => command.name(),
  optionDescription: described,
  argumentDescription: described,
};

/** The environment variables that the program reads. */
export const ENVIRONMENT = [
  ['MOTHERDUCK_ADMIN_TOKEN', 'Read/write token of an Admin'],
  ['MOTHERDUCK_TOKEN', 'The same, if that is not set; then motherduck_token'],
  ['MOTHERDUCK_API_URL', "Address of MotherDuck's API, as with --api-url"],
  ['MOTHERDUCK_API_BASE_URL', "The same, as in MotherDuck's Terraform provider"],
  ['MDACC_CONFIG, MDACC_STATE', 'Files, as with --config and --state'],
  ['MDACC_SANDBOX', 'Folder of the sandbox, with --sandbox or served'],
  ['HTTPS_PROXY, NO_PROXY', 'Proxy (or HTTP_PROXY); hosts without one'],
  ['MOTHERDUCK_EXT_VERSION', "Build of DuckDB's motherduck extension"],
  ['NODE_EXTRA_CA_CERTS', 'File of further CA certificates, in PEM format'],
  ['AWS_PROFILE, AWS_REGION', 'For a state in S3, like others of the AWS tools'],
  ['AWS_ENDPOINT_URL', 'A compatible service; or AWS_ENDPOINT_URL_S3'],
  ['AZURE_STORAGE_KEY', 'For Azure; or AZURE_STORAGE_CONNECTION_STRING'],
  ['AZURE_AUTHORITY_HOST', 'Logins of another cloud of Azure'],
  ['NO_COLOR, FORCE_COLOR', 'No colours; colours also without a terminal'],
  ['TERM=dumb, CI=true', 'No progress bar, no links; dumb: no colours'],
  ['FORCE_HYPERLINK', 'Links to files: 1 for on, 0 for off'],
  ['GITHUB_ACTIONS=true', 'Job outputs and a summary; set by the runner'],
] as const;

/** The environment variables and their meanings, for the help. */
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
 * Ends the help of a command with examples, and its usage errors with how to get help. Errors of a command with required
 * arguments show the first example too.
 */
export function withExamples(command: Command, ...lines: readonly [string, ...string[]]): Command {
  const needs = command.registeredArguments.some(({ required }) => required);
  return command
    .addHelpText('after', `\n${section('Examples:', lines)}`)
    .showHelpAfterError(`${needs ? `For example: ${lines[0]}\n` : ''}${seeHelp(command)}`);
}

/** Formats lines under a heading of help. */
export function section(heading: string, lines: readonly string[]): string {
  return `${heading}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** Says how to get the help of a command. */
export function seeHelp(command: Command): string {
  return `Show the help: ${fullName(command)} --help`;
}

/** `mdacc state show`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
