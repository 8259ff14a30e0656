/** The options of the command line that several commands have. Help shows those that belong together under one heading. */
import { type Command, Option } from 'commander';
import { count, duration } from './arguments.ts';

/** Adds options, and gives the command. */
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
  new Option('--no-color', 'no colours, as with NO_COLOR'),
  new Option('--quiet', 'only the result and errors'),
  new Option('--debug', 'requests and timings on stderr, never a secret'),
);

export const CONFIG = under(
  'Configuration:',
  new Option('--config <file>', 'the configuration').default('motherduck.accounts.yaml'),
  new Option('--state <file>', 'the state (default: motherduck.accounts.state.json beside the configuration)'),
);

export const SERVICE = under(
  'MotherDuck, or the sandbox:',
  new Option('--sandbox [dir]', 'use the embedded sandbox organization (default dir: .motherduck-sandbox)'),
  new Option('--api-url <url>', "another address of MotherDuck's API, as MOTHERDUCK_API_URL"),
  new Option('--parallelism <n>', 'how much is done at once').argParser(count).default(10),
  new Option(
    '--timeout <duration>',
    'how long one request or connection may take (default: 30s, connections 60s)',
  ).argParser(duration),
);

/** Of the commands that are about the sandbox itself. */
export const SANDBOX_FOLDER = new Option(
  '--sandbox [dir]',
  'its folder (default: MDACC_SANDBOX, else .motherduck-sandbox)',
);

/** Of the commands that connect to nothing, for those who say it with every one. */
export const NO_SERVICE = new Option('--sandbox [dir]', 'accepted and not needed: nothing is connected to');

export const ONLY = new Option('--only <glob>', 'only accounts that match; repeatable').argParser(gather);
export const LOCK_TIMEOUT = new Option(
  '--lock-timeout <duration>',
  'how long to wait for another run to end',
).argParser(duration);
export const YES = new Option('--yes', 'do not ask');
export const DRY_RUN = new Option('--dry-run', 'show what would be written, and write nothing');
export const PRUNE = new Option('--prune', 'also delete managed accounts that left the configuration');
export const DUE = new Option(
  '--due',
  'only what time brings: due rotations, ended overlaps; accounts with other changes are left out',
);
export const PLAN_FORMAT = format('how the plan is written', 'text', 'json', 'markdown', 'html');

/** Of the commands that carry out a plan. */
export const APPLYING = [
  YES,
  new Option('--allow-delete', 'with --yes: also when accounts are deleted'),
  new Option('--no-smoke', 'do not connect as the accounts afterwards'),
  PLAN_FORMAT,
  LOCK_TIMEOUT,
];

/** `--format`, with what it may be; the first is what comes without it. */
export function format(description: string, ...names: readonly [string, ...string[]]): Option {
  return new Option('--format <format>', description).choices(names).default(names[0]);
}
