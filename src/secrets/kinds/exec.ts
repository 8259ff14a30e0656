/** `kind: exec`: secrets passed to the user's program on its standard input. */
import { defined } from '../../model/defined.ts';
import { quote } from '../../model/quote.ts';
import { suggestion } from '../../model/suggestion.ts';
import { HOUR } from '../../model/time.ts';
import { enumerated } from '../../model/wording.ts';
import { showNode } from '../../yaml/describe-node.ts';
import type { Problems } from '../../yaml/problems.ts';
import { child, durationOf, fromEnvironment, itemsOf, type Node, textOf, textsOf } from '../../yaml/tree.ts';
import { withoutCase } from '../path-clues.ts';
import { COMMAND_WORD, type StoredToken, type StoreKind, type WrittenStore } from '../store-kind.ts';
import { expandedForm, unexpandedWords } from '../unexpanded.ts';
import { expandWords, PLACEHOLDER, PLACEHOLDERS, SECRET_PLACEHOLDERS } from './exec/placeholders.ts';
import { filesOf, repositoryFiles } from './exec/repository-files.ts';
import { type ExecStoreConfig, execStore, removalOf } from './exec/store.ts';

const DEFAULT_TIMEOUT = 30;
/** Characters of a command: those who review a plan read it. */
const MAX_COMMAND_LENGTH = 4_000;
const TIMEOUT_SECONDS = { min: 1, max: HOUR } as const;

/** The kind `exec`. */
export const exec: StoreKind<ExecStoreConfig> = {
  kind: 'exec',
  schema: {
    is: 'your own program',
    description: 'Secrets passed to your program on its standard input. No shell is involved.',
    about: 'exec: secrets are passed to a program on its standard input.',
    required: ['command'],
    properties: {
      command: {
        description:
          'The program and its arguments, one word each. {account}, {token}, {generation}, {expires_at} and {type} are replaced in the words; `input` comes on standard input.',
        type: 'array',
        minItems: 1,
        items: COMMAND_WORD,
        examples: [['vault', 'kv', 'put', 'secret/motherduck/{account}/{token}', 'value=-']],
      },
      input: {
        description:
          'What the command reads on standard input: {secret}, {secret_json} (a JSON string with its quotes) or {secret_base64}, and the placeholders of the command. The secret alone by default.',
        type: 'string',
        default: '{secret}',
        examples: ['{"data":{"{account}.{token}":"{secret_base64}"}}'],
      },
      check: {
        description: 'A command to run before anything is created. Exit code 0 means that the store can be written.',
        type: 'array',
        minItems: 1,
        items: COMMAND_WORD,
        examples: [['vault', 'token', 'lookup']],
      },
      remove: {
        description:
          'A command to run when a token is gone for good, to remove its secret. {account} and {token} are replaced in the words, and tell tokens apart.',
        type: 'array',
        minItems: 1,
        items: COMMAND_WORD,
        examples: [['vault', 'kv', 'metadata', 'delete', 'secret/motherduck/{account}/{token}']],
      },
      timeout: {
        description: 'The time limit of one command, 1s to 1h.',
        $ref: '#/$defs/duration',
        default: `${DEFAULT_TIMEOUT}s`,
      },
    },
  },
  codes: {
    'store-collision': 'Two tokens would write the same secret path.',
    'store-command': 'The command of an exec store is invalid.',
    'store-remove': 'The remove command of an exec store would remove the secrets of several tokens together.',
    'store-timeout': 'The timeout of an exec store is outside 1s to 1h.',
  },

  read(block, { folder, ...base }) {
    const command = textsOf(child(block, 'command'));
    const others = (['check', 'remove'] as const).filter((name) => child(block, name) !== undefined);
    const words = others.map((name) => [name, textsOf(child(block, name))] as const);
    if (command === undefined || words.some(([, each]) => each === undefined)) return undefined;
    const timeout = durationOf(child(block, 'timeout')) ?? DEFAULT_TIMEOUT;
    const input = inputOf(child(block, 'input'));
    const shown = Object.fromEntries(['command', ...others].map((name) => [name, rawWords(child(block, name))]));
    return { kind: 'exec', ...base, command, ...input, ...Object.fromEntries(words), shown, folder, timeout };
  },

  check(stores, _files, problems) {
    for (const store of stores) {
      checkWords(store, problems);
      checkTimeout(store, problems);
    }
  },

  secretPaths: {
    of(config, token) {
      const key = JSON.stringify(['exec', ...wordsFor(config, token)]);
      // Some stores, such as GitHub secrets and key vaults, ignore case or treat `-` and `_` as the same.
      return { key, alike: withoutCase(key) };
    },
    shown({ config, block }, token) {
      const nodes = itemsOf(child(block, 'command'));
      const named = wordsFor(config, token)
        .slice(0, config.command.length)
        .filter((word, index) => word !== config.command[index] && !fromEnvironment(nodes[index]));
      return `${named.length === 0 ? 'the same' : named.map(quote).join(' ')} by the command of ${config.name}`;
    },
    removalOf,
    noun: 'command',
    need: 'a command (and remove, if any) with {account} and {token}',
    change: 'put {account} and {token} into the command so that they are told apart',
  },

  async complete(configs) {
    const [first] = configs;
    if (first === undefined) return configs;
    const files = await repositoryFiles(configs.flatMap(commandsOf), first.folder);
    return files.size === 0 ? configs : configs.map((config) => ({ ...config, files }));
  },

  destination: (config) => {
    const { command, check, remove, shown, shownInput, folder, files = new Map() } = config;
    const found = commandsOf(config).flatMap((words) => filesOf(words, folder, files));
    const runs = new Set(found.flatMap(({ path, tracked }) => (tracked ? [path] : [])));
    return {
      kind: 'exec',
      command,
      ...defined({ input: shownInput, check, remove }),
      ...shown,
      ...(runs.size === 0 ? {} : { runs: [...runs] }),
    };
  },

  recipient: ({ command }) => command[0] ?? '',

  open: execStore,
};

/** Values from the environment name no files of the repository. */
function commandsOf({ shown = {} }: ExecStoreConfig): (readonly string[])[] {
  return Object.values(shown);
}

/** The words of a command without values from the environment. */
function rawWords(command: Node | undefined): string[] {
  return itemsOf(command).map(rawWord);
}

function rawWord(word: Node): string {
  return word.kind === 'scalar' ? (word.env?.raw ?? String(word.value)) : '';
}

function inputOf(node: Node | undefined): Pick<ExecStoreConfig, 'input' | 'shownInput'> {
  const input = textOf(node);
  return node?.kind === 'scalar' && input !== undefined ? { input, shownInput: node.env?.raw ?? input } : {};
}

/** The words and the input, without generation and expiry, which change with each rotation: paths must differ between tokens without them. */
function wordsFor({ command, input }: ExecStoreConfig, { account, token, type }: StoredToken): string[] {
  return expandWords(input === undefined ? command : [...command, input], {
    account,
    token,
    ...defined({ type }),
  });
}

function checkWords({ block }: WrittenStore<ExecStoreConfig>, problems: Problems): void {
  const [command, check] = [itemsOf(child(block, 'command')), itemsOf(child(block, 'check'))];
  const remove = itemsOf(child(block, 'remove'));
  for (const word of remove) checkPlaceholders(word, problems, ['account', 'token']);
  for (const word of command) checkPlaceholders(word, problems);
  const input = child(block, 'input');
  if (input !== undefined) checkInput(input, problems);
  for (const word of check) {
    const placeholder = placeholdersIn(word).find(isPlaceholder);
    if (placeholder === undefined) continue;
    const message = `{${placeholder}} is not replaced in check, which runs once, before tokens exist`;
    problems.error('store-command', word.at, message, { hint: 'remove it from check' });
  }
  for (const word of [...command, ...check, ...remove]) {
    if (word.kind !== 'scalar' || !String(word.value).includes('\0')) continue;
    problems.error('store-command', word.at, 'a word of a command cannot have a NUL character');
  }
  for (const words of [command, check, remove]) checkExpansion(words, problems);
  for (const words of [command, check, remove, input === undefined ? [] : [input]]) {
    const length = words.reduce((sum, word) => sum + (word.kind === 'scalar' ? String(word.value).length : 0), 0);
    if (length <= MAX_COMMAND_LENGTH || words[0] === undefined) continue;
    const [has, most] = [length, MAX_COMMAND_LENGTH].map((count) => count.toLocaleString('en'));
    problems.error(
      'store-command',
      words[0].at,
      `${words[0] === input ? 'the input' : 'the command'} has ${has} characters, and may have ${most}`,
      {
        hint: 'put it into a script, and name the script here',
      },
    );
  }
  for (const [program] of [command, check, remove]) {
    if (program?.kind === 'scalar' && program.value === '') {
      problems.error('store-command', program.at, 'the name of the program is empty');
    }
  }
}

/** No shell replaces `$HOME` and `~/`: a program would make a folder of that name. */
function checkExpansion(words: readonly Node[], problems: Problems): void {
  const written = words.map(rawWord);
  for (const [index, found] of unexpandedWords(written).entries()) {
    const word = words[index];
    if (found === undefined || word === undefined) continue;
    problems.warning('store-command', word.at, `no shell runs this command, so ${found} is not replaced in it`, {
      hint: `write ${expandedForm(found)}, or let a shell replace it: [sh, -c, …]`,
    });
  }
}

function checkInput(input: Node, problems: Problems): void {
  checkPlaceholders(input, problems, [...SECRET_PLACEHOLDERS, ...PLACEHOLDERS]);
  const hasSecret = placeholdersIn(input).some((name) => SECRET_PLACEHOLDERS.some((one) => one === name));
  if (/["']\{secret_json\}["']/.test(textOf(input) ?? '')) {
    const hint = 'write {secret_json} without quotes around it, or {secret} in quotes';
    problems.warning('store-command', input.at, '{secret_json} has its quotes already', { hint });
  }
  if (hasSecret || textOf(input) === undefined || (input.kind === 'scalar' && input.env?.missing)) return;
  const hint = `write ${enumerated(
    SECRET_PLACEHOLDERS.map((one) => `{${one}}`),
    'or',
  )} where the secret goes`;
  problems.error('store-command', input.at, 'the input does not have the secret', { hint });
}

function checkPlaceholders(word: Node, problems: Problems, allowed: readonly string[] = PLACEHOLDERS): void {
  for (const name of placeholdersIn(word)) {
    if (allowed.includes(name)) continue;
    const known = enumerated(allowed.map((one) => `{${one}}`));
    if (fromEnvironment(word)) {
      problems.error('store-command', word.at, `the value of ${showNode(word)} has an unknown placeholder`, {
        hint: `known placeholders: ${known}`,
      });
    } else {
      const near = suggestion(name, allowed)?.replace(/"(\w+)"/, '"{$1}"');
      const hint = near?.startsWith('did you mean') ? near : `known placeholders: ${known}`;
      problems.error('store-command', word.at, `unknown placeholder {${name}}`, { hint });
    }
  }
}

function isPlaceholder(name: string): boolean {
  return PLACEHOLDERS.some((known) => known === name);
}

function placeholdersIn(word: Node): string[] {
  if (word.kind !== 'scalar' || typeof word.value !== 'string' || word.env?.missing === true) return [];
  return [...word.value.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '');
}

function checkTimeout({ config, block }: WrittenStore<ExecStoreConfig>, problems: Problems): void {
  const node = child(block, 'timeout');
  if (node === undefined || (config.timeout >= TIMEOUT_SECONDS.min && config.timeout <= TIMEOUT_SECONDS.max)) return;
  const how = config.timeout < TIMEOUT_SECONDS.min ? 'short' : 'long';
  problems.error('store-timeout', node.at, `timeout ${showNode(node)} is too ${how}: it may be 1s to 1h`);
}
