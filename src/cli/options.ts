/** The options that several commands share, in the groups that help shows, and the parsers of option values. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  CONNECT_SECONDS,
  DEFAULT_CONFIG,
  DEFAULT_PARALLELISM,
  DEFAULT_SANDBOX,
  REQUEST_SECONDS,
} from '../model/defaults.ts';
import { SLOW_SIZES } from '../model/ducklings.ts';
import { parseDuration, type Seconds } from '../model/time.ts';
import { enumerated } from '../model/wording.ts';
import { APPLY_FORMATS } from '../report/formats.ts';
import { expectedOf, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../sandbox/settings.ts';

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
  new Option('-q, --quiet', 'Print only the result and errors'),
  new Option('--debug', 'Print requests and timings on stderr, never secrets'),
);

export const CONFIG = under(
  'Configuration:',
  new Option('-c, --config <file>', 'Set the configuration file').env('MDACC_CONFIG').default(DEFAULT_CONFIG),
  new Option('--state <file>', 'Set the state file (default: beside the configuration, named after it)').env(
    'MDACC_STATE',
  ),
  new Option(
    '--allow-env <name>',
    'Let the configuration use this variable, whose name speaks of a secret; repeatable',
  ).argParser(gather),
);

export const SERVICE = under(
  'MotherDuck, or the sandbox:',
  new Option('--sandbox', 'Use the embedded sandbox organization'),
  sandboxDir('Set the folder of the sandbox, and use it'),
  new Option('--api-url <url>', "Set the address of MotherDuck's API, as with MOTHERDUCK_API_URL"),
  new Option('--parallelism <n>', 'Set the maximum number of concurrent operations')
    .argParser(count)
    .default(DEFAULT_PARALLELISM),
  new Option(
    '--timeout <duration>',
    `Set the time limit of one request or connection (default: ${REQUEST_SECONDS}s, connections ${CONNECT_SECONDS}s, longer for ${enumerated(SLOW_SIZES)})`,
  ).argParser(duration),
);

/** For commands that work on the sandbox itself. */
export const OF_SANDBOX = [...under('The sandbox:', sandboxDir('Set its folder'), noEffect('--sandbox')), ...CONFIG];

/** An option for each setting of the sandbox's organization. */
export const SANDBOX_SETTINGS = under(
  'The organization (saved in organization.json in the folder of the sandbox):',
  ...SETTING_NAMES.map(settingOption),
);

function settingOption(name: SettingName): Option {
  const setting: Setting = SETTINGS[name];
  const flag = `--${name.replaceAll('_', '-')}`;
  const about = `Set ${setting.about}`;
  switch (setting.kind) {
    case 'choice':
      return new Option(`${flag} <value>`, about).choices(setting.values);
    case 'flag':
      return new Option(`${flag} [boolean]`, about).choices(['true', 'false']).preset('true');
    case 'number':
      return new Option(`${flag} <n>`, `${about}, ${setting.min} to ${setting.max}`).argParser((text) => {
        const value = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
        const expected = expectedOf(setting, value);
        if (expected !== undefined) throw new InvalidArgumentError(`Write ${expected}.`);
        return value;
      });
  }
}

/** For commands that connect to nothing, so that a script can pass them to every command. */
export const NO_SERVICE = [noEffect('--sandbox'), noEffect('--sandbox-dir <dir>')];

function sandboxDir(description: string): Option {
  const fallback = `MDACC_SANDBOX, else ${DEFAULT_SANDBOX} beside the configuration`;
  return new Option('--sandbox-dir <dir>', `${description} (default: ${fallback})`).implies({ sandbox: true });
}

function noEffect(flags: string): Option {
  return new Option(flags, 'No effect; accepted for consistency');
}

export const ONLY = new Option('--only <glob>', 'Include only accounts that match; repeatable').argParser(gather);
export const LOCK_TIMEOUT = new Option('--lock-timeout <duration>', 'Wait this long for another run to end').argParser(
  duration,
);
export const YES = new Option('-y, --yes', 'Do not ask for confirmation');
export const DRY_RUN = new Option('--dry-run', 'Show what would be written, without writing it');
export const PRUNE = new Option('--prune', 'Also delete managed accounts that are no longer in the configuration');
export const DUE = new Option(
  '--due',
  'Apply only scheduled work: due rotations and ended overlaps; skip accounts with other changes',
);

export const ALLOW_MISSING = new Option(
  '--allow-missing',
  'Go on although managed accounts are gone: they were deleted on purpose',
);

/** The options of commands that apply a plan. */
export const APPLYING = [
  ALLOW_MISSING,
  YES,
  new Option('--allow-delete', 'Allow --yes to delete accounts'),
  new Option('--real-stores', 'Run the commands of secret stores in the sandbox too'),
  new Option('--no-smoke', 'Skip the smoke test after the apply'),
  format('Set the format of the plan and the result', APPLY_FORMATS),
  LOCK_TIMEOUT,
];

/** `--format` with the names of these formats; the first is the default. */
export function format(description: string, formats: Readonly<Record<string, unknown>>): Option {
  const names = Object.keys(formats);
  return new Option('-o, --format <format>', description).choices(names).default(names[0]);
}

/** Makes an empty value of any option or argument wrong usage: it is a variable that is not set, and no wish. */
export function refuseEmpty(command: Command, done = new Set<Option>()): void {
  for (const option of command.options) {
    if (!option.required || done.has(option)) continue;
    done.add(option);
    const { parseArg } = option;
    option.argParser((value, before) => (parseArg ? parseArg(filled(value), before) : filled(value)));
  }
  for (const argument of command.registeredArguments) {
    const { parseArg, variadic } = argument;
    const one = (value: string, before: unknown) => (parseArg ? parseArg(filled(value), before) : filled(value));
    argument.argParser((value, before) =>
      variadic ? [...((before as unknown[]) ?? []), one(value, before)] : one(value, before),
    );
  }
  for (const each of command.commands) refuseEmpty(each, done);
}

function filled(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
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
