/** The options that several commands share, in the groups that help shows, and the parsers of option values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, type Seconds } from '../model/time.ts';
import { APPLY_FORMATS } from '../report/formats.ts';

/** Adds groups of options to a command, and returns the command. */
export function withOptions(command: Command, ...groups: readonly (readonly Option[])[]): Command {
  for (const option of groups.flat()) command.addOption(option);
  return command;
}

function under(heading: string, ...options: readonly Option[]): readonly Option[] {
  return options.map((option) => option.helpGroup(heading));
}

function gather(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export const OUTPUT = under(
  'Output:',
  new Option('--no-color', 'Print no colours, as with NO_COLOR'),
  new Option('--quiet', 'Print only the result and errors'),
  new Option('--debug', 'Print requests and timings on stderr, never secrets'),
);

export const CONFIG = under(
  'Configuration:',
  new Option('--config <file>', 'Set the configuration file').default('motherduck.accounts.yaml'),
  new Option('--state <file>', 'Set the state file (default: motherduck.accounts.state.json beside the configuration)'),
);

export const SERVICE = under(
  'MotherDuck, or the sandbox:',
  new Option('--sandbox [dir]', 'Use the embedded sandbox organization (default dir: .motherduck-sandbox)'),
  new Option('--api-url <url>', "Set the address of MotherDuck's API, as with MOTHERDUCK_API_URL"),
  new Option('--parallelism <n>', 'Set the maximum number of concurrent operations').argParser(count).default(10),
  new Option(
    '--timeout <duration>',
    'Set the time limit of one request or connection (default: 30s, connections 60s)',
  ).argParser(duration),
);

/** For commands that work on the sandbox itself. */
export const SANDBOX_FOLDER = new Option(
  '--sandbox [dir]',
  'Set the folder of the sandbox (default: MDACC_SANDBOX, else .motherduck-sandbox)',
);

/** For commands that connect to nothing, so that a script can pass it to every command. */
export const NO_SERVICE = new Option('--sandbox [dir]', 'No effect; accepted for consistency');

export const ONLY = new Option('--only <glob>', 'Include only accounts that match; repeatable').argParser(gather);
export const LOCK_TIMEOUT = new Option('--lock-timeout <duration>', 'Wait this long for another run to end').argParser(
  duration,
);
export const YES = new Option('--yes', 'Do not ask for confirmation');
export const DRY_RUN = new Option('--dry-run', 'Show what would be written, without writing it');
export const PRUNE = new Option('--prune', 'Also delete managed accounts that are no longer in the configuration');
export const DUE = new Option(
  '--due',
  'Apply only scheduled work: due rotations and ended overlaps; skip accounts with other changes',
);

/** The options of commands that apply a plan. */
export const APPLYING = [
  YES,
  new Option('--allow-delete', 'Allow --yes to delete accounts'),
  new Option('--no-smoke', 'Skip the smoke test after the apply'),
  format('Set the format of the plan and the result', APPLY_FORMATS),
  LOCK_TIMEOUT,
];

/** `--format` with the names of these formats; the first is the default. */
export function format(description: string, formats: Readonly<Record<string, unknown>>): Option {
  const names = Object.keys(formats);
  return new Option('--format <format>', description).choices(names).default(names[0]);
}

export function duration(text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Write a number and a unit: 30s, 5m, 24h, 90d or 2w.');
  return seconds;
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of at least 1.');
  return Number(text);
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Write a port, 0 to 65535.');
  return Number(text);
}

export function milliseconds(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Write whole milliseconds, for example 20.');
  return Number(text);
}

export function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Write a rate from 0 to 1.');
  return value;
}
