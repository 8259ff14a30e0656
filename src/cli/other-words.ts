/** What to type instead of words that are no commands or options here: of Terraform, and for edits of the configuration. */
import type { Command } from 'commander';
import { deletionAllowed } from '../model/hints.ts';
import { shellWord } from '../model/shell.ts';
import { fullName } from './help.ts';

const SECRETS = 'Secrets are in their stores. To see where: mdacc state list';
const LEAKED =
  'To revoke the old token of a rotation at once, since it leaked: mdacc rotate ACCOUNT/TOKEN --revoke-old';
const SUSPENDED = '"suspended: true"';

/** By what was typed as a command; `account` is what followed it. */
const COMMANDS: Readonly<Record<string, (account: string) => string>> = {
  suspend: () => `To suspend an account, add ${SUSPENDED} to its block and type: mdacc apply`,
  resume: () => `To resume an account, take ${SUSPENDED} out of its block and type: mdacc apply`,
  delete: deletion,
  remove: deletion,
  connect: () => 'To connect as each account: mdacc smoke. With a token of the sandbox: mdacc sandbox connect',
  list: inState,
  get: inState,
  secrets: () => SECRETS,
  token: tokens,
  tokens,
  diff: planned,
  status: planned,
  login: () => 'The admin token is read from MOTHERDUCK_ADMIN_TOKEN. To check it: mdacc doctor',
  taint: rotation,
  revoke: (token) =>
    `To revoke a token that leaked, and replace it: mdacc rotate ${token === 'ACCOUNT' ? 'ACCOUNT/TOKEN' : token} --revoke-old`,
  adopt: (account) => `To adopt what is live: mdacc import ${account === 'ACCOUNT' ? '--all' : account}`,
  fmt: () => 'The layout of the configuration is yours. To check it: mdacc validate',
  refresh: () => 'Every plan reads MotherDuck: mdacc plan',
  workspace: () => 'Each environment has a configuration of its own: mdacc plan --config FILE',
  'force-unlock': () => 'To remove the lock of a run that has ended: mdacc state unlock',
  output: () => SECRETS,
  'state rm': (entry) => `To manage an entry no longer: mdacc state forget ${entry}`,
  'state pull': () => 'To print the state: mdacc state list --format json',
};

/** By the name of the option without its dashes. */
const OPTIONS: Readonly<Record<string, string>> = {
  'auto-approve': 'To apply without a question: --yes',
  target: 'To plan some accounts: --only ACCOUNT',
  replace: 'To replace tokens in a plan: mdacc plan --rotate ACCOUNT/TOKEN',
  'refresh-only': 'Every plan reads MotherDuck, and only an apply changes the state: mdacc plan',
  refresh: 'Every plan reads MotherDuck: mdacc plan',
  json: 'For JSON: --format json',
  'dry-run':
    'To see first what would be done: mdacc plan, which also takes --rotate ACCOUNT/TOKEN, --revoke-old and --destroy',
  revoke: LEAKED,
  leaked: LEAKED,
  var: 'To use a variable of the environment, write ${NAME} into the configuration.',
  'var-file': 'To share settings, write them into templates, or use include in the configuration.',
};

function deletion(account: string): string {
  return `To delete an account, write into its block ${deletionAllowed('the block')} and type: mdacc apply --prune --only ${account}`;
}

function inState(): string {
  return 'To list the accounts and tokens that are managed: mdacc state list';
}

function tokens(): string {
  return 'Tokens are in the configuration, under the tokens of their account. To make those that are new: mdacc apply';
}

function planned(): string {
  return 'To see what differs, and what apply would change: mdacc plan';
}

function rotation(token: string): string {
  return `To replace a token: mdacc rotate ${token}`;
}

/** A hint at what was meant, if that is known. @param code Of commander. @param command The one that was found */
export function otherWords(code: string, words: readonly string[], command: Command): string | undefined {
  const [verb = '', ...rest] = words;
  const isNested = command.name() === verb && command.commands.length > 0;
  const [typed, next] = isNested ? [`${verb} ${rest[0]}`, rest[1]] : [verb, rest[0]];
  const account = next === undefined || next.startsWith('-') ? 'ACCOUNT' : shellWord(next);
  if (code === 'commander.unknownCommand')
    return Object.hasOwn(COMMANDS, typed) ? COMMANDS[typed]?.(account) : undefined;
  if (code === 'commander.excessArguments' && verb === 'destroy' && account !== 'ACCOUNT')
    return `To delete some of the accounts: mdacc destroy --only ${account}`;
  const file = code === 'commander.invalidArgument' ? outputFile(words, command) : undefined;
  if (file !== undefined) return file;
  for (const word of words.slice(0, words.includes('--') ? words.indexOf('--') : undefined)) {
    const hint = otherOption(word, command);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** `-o` is the format here, and a file in other programs. */
function outputFile(words: readonly string[], command: Command): string | undefined {
  const file = words[words.indexOf('-o') + 1];
  const isFile = words.includes('-o') && file?.includes('.') === true;
  if (!isFile || !command.options.some(({ long }) => long === '--out')) return undefined;
  return `To write to a file: ${fullName(command)} --out ${shellWord(file)}`;
}

function otherOption(word: string, command: Command): string | undefined {
  const [, dashes = '', name = '', value] = /^(--?)([a-z][a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
  const isKnown = command.options.some(({ long }) => long === `--${name}`);
  if (dashes === '-' && isKnown) {
    const typed = value === undefined ? '' : ` ${shellWord(value)}`;
    return `Long options have two dashes: ${fullName(command)} --${name}${typed}`;
  }
  return !isKnown && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
}
