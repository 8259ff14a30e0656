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
import { nearest } from '../model/suggestion.ts';
import { DAY, parseDuration, type Seconds } from '../model/time.ts';
import { enumerated } from '../model/wording.ts';
import { APPLY_FORMATS } from '../report/formats.ts';
import { expectedOf, type SandboxSetting, SETTING_NAMES, SETTINGS, type SettingName } from '../sandbox/settings.ts';
import { fullName } from './help.ts';

const NO_EFFECT = 'No effect; accepted for consistency';

/** Adds options to a command, and returns the command. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
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
  new Option('-q, --quiet', 'Print only the result, such as the plan, and errors'),
  new Option('--debug', 'Print requests and timings on stderr, never secrets'),
);

const CONFIG_FILE = new Option('-c, --config <file>', 'Set the configuration file')
  .env('MDACC_CONFIG')
  .default(DEFAULT_CONFIG);
export const STATE_FILE = new Option(
  '--state <file>',
  'Set the state file (default: beside the configuration, named after it)',
).env('MDACC_STATE');

export const CONFIG = under(
  'Configuration:',
  CONFIG_FILE,
  STATE_FILE,
  new Option(
    '--allow-env <name>',
    'Let the configuration use this variable, whose name speaks of a secret or of a CI job; repeatable',
  ).argParser((text, before?: string[]) => gather(variable(text), before)),
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
  ).argParser(timeLimit),
);

/** The options that most commands have. */
export const SHARED_OPTIONS = [...CONFIG, ...SERVICE, ...OUTPUT];

/** For commands that work on the sandbox itself. */
export const OF_SANDBOX = [...under('The sandbox:', sandboxDir('Set its folder'), noEffect('--sandbox')), CONFIG_FILE];

/** An option for each setting of the sandbox's organization. */
export const SANDBOX_SETTINGS = under(
  'The organization (saved in organization.json in the folder of the sandbox):',
  ...SETTING_NAMES.map(settingOption),
);

function settingOption(name: SettingName): Option {
  const setting: SandboxSetting = SETTINGS[name];
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

/** Gives a command the common options: it accepts those that it does not use, so that a script can pass the same ones to each command. */
export function acceptOnAll(command: Command): void {
  for (const each of command.commands) acceptOnAll(each);
  if (command.commands.length > 0) return;
  for (const { flags, long } of [...CONFIG, ...SERVICE, ...OUTPUT]) {
    if (command.options.some((option) => option.long === long)) continue;
    command.addOption(noEffect(flags).hideHelp());
  }
}

function sandboxDir(description: string): Option {
  const fallback = `MDACC_SANDBOX, else ${DEFAULT_SANDBOX} beside the configuration`;
  return new Option('--sandbox-dir <dir>', `${description} (default: ${fallback})`).implies({ sandbox: true });
}

function noEffect(flags: string): Option {
  return new Option(flags, NO_EFFECT);
}

/** Whether a command reads the option. */
export function hasEffect({ description }: Option): boolean {
  return description !== NO_EFFECT;
}

export const ONLY = new Option('--only <glob>', 'Include only accounts that match; repeatable').argParser(gather);
export const LOCK_TIMEOUT = new Option('--lock-timeout <duration>', 'Wait this long for another run to end').argParser(
  duration,
);
export const YES = new Option('-y, --yes', 'Do not ask for confirmation');
export const DRY_RUN = new Option('--dry-run', 'Show what would be written, without writing it');
const PRUNE = new Option('--prune', 'Also delete managed accounts that are no longer in the configuration');
export const USAGE = new Option(
  '--usage',
  'Say what deleted accounts store (makes one md: connection as the Admin, only for a deletion)',
);
const DUE = new Option(
  '--due',
  'Include only scheduled work: due rotations and ended overlaps; leave other changes alone',
);

/** For `plan` and `apply`; `rotate` and `destroy` are the same. */
const ROTATE = new Option(
  '--rotate <account[/token]>',
  'Replace these tokens now, as rotate does, and plan no other accounts; repeatable',
)
  .argParser(gather)
  .conflicts(['due', 'prune', 'destroy']);
export const REVOKE_OLD = new Option(
  '--revoke-old',
  'Also revoke the old tokens in the same run, once the new ones connect: for a leaked token',
);
export const FORCE = new Option('--force', 'With --revoke-old: revoke them also if the new ones do not connect');
const DESTROY = new Option('--destroy', 'Delete every managed account, as destroy does').conflicts(['due', 'prune']);

export const ALLOW_MISSING = new Option(
  '--allow-missing',
  'Go on although managed accounts are gone: they were deleted on purpose',
);

export const VERBOSE = new Option(
  '--verbose',
  'List every account of the plan, also those with identical changes, and all scheduled work',
);

/** What decides what a plan is of. A saved plan has its own, so none of them is applied with one. */
export const PLANNING = [ONLY, PRUNE, DUE, ROTATE, REVOKE_OLD, FORCE, DESTROY, ALLOW_MISSING];

const ALLOW_DELETE = new Option('--allow-delete', 'Allow --yes to delete accounts');

/** Where stores are used in a sandbox. */
export const REAL_STORES = new Option('--real-stores', 'Run the commands of secret stores in the sandbox too');

/** The options of commands that apply a plan. */
export const APPLYING = [
  YES,
  ALLOW_DELETE,
  REAL_STORES,
  new Option('--no-smoke', 'Skip the smoke test after the apply'),
  format('Set the format of the plan and the result', APPLY_FORMATS),
  VERBOSE,
  LOCK_TIMEOUT,
];

/** Those of a rotation, which deletes no account. */
export const ROTATING = APPLYING.filter((option) => option !== ALLOW_DELETE);

/** `--format` with the names of these formats; the first is the default. */
export function format(description: string, formats: Readonly<Record<string, unknown>>): Option {
  const names = Object.keys(formats);
  return new Option('-o, --format <format>', description).choices(names).default(names[0]);
}

/** Makes an empty value of any option or argument wrong usage: it is a variable that is not set, and no wish. */
export function refuseEmpty(command: Command, done = new Set<Option>()): void {
  for (const option of command.options) {
    if (!(option.required || option.optional) || done.has(option)) continue;
    done.add(option);
    const { parseArg } = option;
    option.argParser((value, before) => {
      const known = chosen(filled(value), option.argChoices);
      return parseArg ? parseArg(known, before) : known;
    });
  }
  for (const argument of command.registeredArguments) {
    const { parseArg, variadic } = argument;
    const one = (value: string, before: unknown) => {
      try {
        const known = chosen(filled(value), argument.argChoices);
        return parseArg ? parseArg(known, before) : known;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        // Commander's own words for it are "command-argument value '80' is invalid for argument 'n'".
        return command.error(`error: ${argument.name()} '${value}' is invalid. ${error.message}`, INVALID);
      }
    };
    argument.argParser((value, before) =>
      variadic ? [...((before as unknown[]) ?? []), one(value, before)] : one(value, before),
    );
  }
  for (const each of command.commands) refuseEmpty(each, done);
}

const INVALID = { code: 'commander.invalidValue' };

function filled(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

function chosen(value: string, choices: readonly string[] | undefined): string {
  if (choices === undefined || choices.includes(value)) return value;
  const near = nearest(value, choices);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${hint}`);
}

/**
 * Refuses `--only --sandbox`, where the value of `--only` was forgotten: commander would take the next option as its value,
 * and the command would not see that option. `--only=-x` passes.
 */
export function refuseForgottenValues(command: Command, words: readonly string[]): void {
  const end = words.indexOf('--');
  for (let at = 0; at < (end === -1 ? words.length : end); at += 1) {
    const option = optionWithValue(command.options, words[at] ?? '');
    if (option === undefined) continue;
    at += 1;
    const value = words[at];
    if (value !== undefined && !value.startsWith('-')) continue;
    const why = value === undefined ? 'nothing follows it' : `what follows it, ${value}, begins with "-"`;
    const flag = option.long ?? option.flags;
    const example = `\nFor example: ${fullName(command)} ${flag} ${exampleOf(option)}`;
    command.error(`error: ${flag} has no value: ${why}${example}`, { code: 'commander.optionMissingArgument' });
  }
}

/** The option that takes the next word as its value: `--format`, `-o`, or the last of `-qo`. */
export function optionWithValue(all: readonly Option[], word: string): Option | undefined {
  const known = (flag: string) => all.find(({ long, short }) => long === flag || short === flag);
  if (word.startsWith('--')) return ifRequired(known(word));
  if (!/^-\w+$/.test(word)) return undefined;
  const options = [...word.slice(1)].map((letter) => known(`-${letter}`));
  // The rest of a word is the value of its first option that takes one: `-cprod.yaml`.
  const first = options.findIndex((option) => option === undefined || option.required);
  return first === options.length - 1 ? ifRequired(options[first]) : undefined;
}

function ifRequired(option: Option | undefined): Option | undefined {
  return option?.required ? option : undefined;
}

/** Values for examples, by the option's name or the name of its value. */
const EXAMPLES: Readonly<Record<string, string>> = {
  config: 'prod.yaml',
  state: 'prod.state.json',
  out: 'today.plan',
  into: 'accounts/new.yaml',
  store: 'vault',
  organization: 'acme',
  'allow-env': 'DB_PASSWORD',
  'rate-limit': '10',
  port: '8080',
  '<glob>': '"tenant_*"',
  '<account[/token]>': '"tenant_*/app"',
  '<dir>': 'rehearsal',
  '<url>': 'http://127.0.0.1:8080',
  '<duration>': '5m',
  '<rate>': '0.05',
  '<ms>': '20',
  '<n>': '8',
};

function exampleOf({ flags, argChoices, ...option }: Option): string {
  const name = option.long?.slice(2) ?? '';
  return EXAMPLES[name] ?? argChoices?.[0] ?? EXAMPLES[/<.*>/.exec(flags)?.[0] ?? ''] ?? 'VALUE';
}

export function duration(text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Write a number and a unit: 30s, 5m, 24h, 90d or 2w.');
  return seconds;
}

function timeLimit(text: string): Seconds {
  const seconds = duration(text);
  if (seconds === 0) throw new InvalidArgumentError('Nothing answers in no time. Write a time such as 30s.');
  // Node's timers are limited to 24 days; a longer one ends at once.
  if (seconds > DAY) throw new InvalidArgumentError('Write at most 1d.');
  return seconds;
}

/** By how much a clock is advanced. */
export function advanceTime(text: string): Seconds {
  const seconds = duration(text);
  if (seconds === 0) throw new InvalidArgumentError('The clock stands still. Write a time such as 80d.');
  return seconds;
}

function variable(text: string): string {
  if (!/^\w+$/.test(text))
    throw new InvalidArgumentError('Write the name of one variable. Repeat the option for more.');
  return text;
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
