/** The options that several commands share, in the groups that help shows. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  CONNECT_SECONDS,
  DEFAULT_CONFIG,
  DEFAULT_PARALLELISM,
  DEFAULT_SANDBOX,
  REQUEST_SECONDS,
} from '../model/defaults.ts';
import { SLOW_SIZES } from '../model/ducklings.ts';
import { enumerated } from '../model/wording.ts';
import { APPLY_FORMATS } from '../report/formats.ts';
import { expectedOf, type SandboxSetting, SETTING_NAMES, SETTINGS, type SettingName } from '../sandbox/settings.ts';
import { count, duration, timeLimit, variable } from './option-values.ts';

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
