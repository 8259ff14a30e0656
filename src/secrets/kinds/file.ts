/** `kind: file`: secrets in a file on this computer, as lines VARIABLE=secret or as JSON. */
import path from 'node:path';
import { LOCKABLE_NAME_BYTES } from '../../files/lock.ts';
import { isWithin } from '../../files/paths.ts';
import { DEFAULT_SANDBOX } from '../../model/defaults.ts';
import { quote } from '../../model/quote.ts';
import { DEFAULT_VARIABLE, variableOf } from '../../model/secret.ts';
import { showNode } from '../../yaml/describe-node.ts';
import type { Problems } from '../../yaml/problems.ts';
import { booleanOf, child, fromEnvironment, textOf } from '../../yaml/tree.ts';
import { type OwnFiles, reportOwnFile, type StoreKind, type WrittenStore } from '../store-kind.ts';
import { expandedForm, unexpandedIn } from '../unexpanded.ts';
import { type FileStoreConfig, isDevicePath } from './file/check-file.ts';
import { fileStore } from './file/store.ts';

/** The kind `file`. */
export const file: StoreKind<FileStoreConfig> = {
  kind: 'file',
  isOfMachine: true,
  schema: {
    is: 'a file',
    description: 'Secrets in a file on this computer.',
    about: 'file: secrets are written to a file on this computer.',
    required: ['path', 'format'],
    properties: {
      path: {
        title: 'a path',
        description:
          'The file, relative to the configuration. It is created with mode 0600 and must be ignored by git.',
        type: 'string',
        minLength: 1,
        examples: ['.motherduck/secrets.env'],
      },
      format: {
        title: 'a format',
        description: 'dotenv: a line VARIABLE=secret for each token. json: {"account": {"token": "secret"}}.',
        type: 'string',
        enum: ['dotenv', 'json'],
      },
      variable: {
        title: 'the name of an environment variable which may have {ACCOUNT} and {TOKEN}, of at most 255 characters',
        description:
          "The name of a dotenv variable. {ACCOUNT} and {TOKEN} are replaced by the account and the token's key, in upper case and with _ for -.",
        type: 'string',
        minLength: 1,
        maxLength: 255,
        default: DEFAULT_VARIABLE,
      },
      overwrite: {
        description: 'Whether the first secret of a token replaces a value that this state did not write.',
        type: 'boolean',
        default: false,
      },
      allow_unignored: {
        description: 'Whether the file may be in a git repository that does not ignore it.',
        type: 'boolean',
        default: false,
      },
    },
  },
  codes: {
    'store-path': 'The path of a file store is invalid.',
    'store-format': 'Two stores write one file in different formats.',
    'store-variable': 'The variable of a file store is not a valid name.',
    'store-collision': 'Two tokens would write the same secret path.',
  },

  locate: (block) => child(block, 'path'),

  read(block, { folder, ...base }) {
    const pathNode = child(block, 'path');
    const [written, format] = [textOf(pathNode), textOf(child(block, 'format'))];
    if (written === undefined || (format !== 'dotenv' && format !== 'json')) return undefined;
    return {
      kind: 'file',
      ...base,
      path: path.resolve(folder, written),
      folder,
      shownPath: pathNode?.kind === 'scalar' && pathNode.env !== undefined ? pathNode.env.raw : written,
      format,
      variable: textOf(child(block, 'variable')) ?? DEFAULT_VARIABLE,
      allowUnignored: booleanOf(child(block, 'allow_unignored')) ?? false,
      ...(booleanOf(child(block, 'overwrite')) === true ? { overwrite: true } : {}),
    };
  },

  check(stores, files, problems) {
    const first = new Map<string, Written>();
    for (const store of stores) {
      const target = targetOf(store);
      checkPath(store, files, problems);
      checkLock(store, stores, problems);
      checkVariable(store, problems);
      checkFormat(store, first.get(target), problems);
      if (!first.has(target)) first.set(target, store);
    }
  },

  secretPaths: {
    of(config, token, target = config.path) {
      if (config.format === 'json') return undefined;
      return { key: JSON.stringify(['file', target, variableOf(config.variable, token)]) };
    },
    shown({ config, block }, token) {
      const hidden = fromEnvironment(child(block, 'variable'));
      return `${hidden ? 'the same variable' : variableOf(config.variable, token)} of one file`;
    },
    noun: 'variable',
    need: 'a variable with {ACCOUNT} and {TOKEN}',
    change: 'give the store a variable with {ACCOUNT} and {TOKEN} that tells them apart',
  },

  destination: ({ path: target, folder = '', shownPath, overwrite }) => ({
    kind: 'file',
    path: shownPath,
    // A value from the environment is not shown.
    ...(path.resolve(folder, shownPath) === target && shownPath !== target && !isWithin(folder, target)
      ? { absolute: target }
      : {}),
    ...(overwrite === true ? { overwrite } : {}),
  }),

  open: (config, { owners }) => fileStore(config, owners),
};

type Written = WrittenStore<FileStoreConfig>;

function targetOf({ config, target }: Written): string {
  return target ?? config.path;
}

/** Whose folder a file is in, if secrets must not be in it. */
function folderOfOthers(file: string): string | undefined {
  const folders = file.split(/[\\/]/);
  if (folders.includes('.git')) return "git's";
  return folders.includes(DEFAULT_SANDBOX) ? "the sandbox's" : undefined;
}

function checkPath(store: Written, files: OwnFiles, problems: Problems): void {
  const { config, block } = store;
  const pathNode = child(block, 'path');
  if (pathNode === undefined) return;
  const owner = folderOfOthers(targetOf(store));
  const unexpanded = config.shownPath.startsWith('~') ? '~' : unexpandedIn(config.shownPath);
  if (unexpanded !== undefined) {
    const hint = `write ${expandedForm(unexpanded)}${unexpanded === '~' ? ' for your home directory' : ''}`;
    problems.error('store-path', pathNode.at, `${unexpanded} is not replaced in a path`, { hint });
  } else if (files.configuration.includes(targetOf(store))) {
    reportOwnFile(pathNode, problems);
  } else if (files.state !== undefined && [files.state, `${files.state}.lock`].includes(targetOf(store))) {
    const what = targetOf(store) === files.state ? 'the state file' : 'the lock of the state';
    const hint = 'give the secrets a file of their own';
    problems.error('store-path', pathNode.at, `${showNode(pathNode)} is ${what}`, { hint });
  } else if (isDevicePath(config.path) || isDevicePath(targetOf(store))) {
    const hint = 'name a file; the secrets are kept in it';
    problems.error('store-path', pathNode.at, `${showNode(pathNode)} is not a regular file`, { hint });
  } else if (owner !== undefined) {
    const hint = 'name a file outside of it';
    const message = `${showNode(pathNode)} is in ${owner} own folder`;
    problems.error('store-path', pathNode.at, message, { hint });
  } else if (/[\\/]$/.test(config.shownPath)) {
    problems.error('store-path', pathNode.at, `${showNode(pathNode)} is a folder`, { hint: 'name a file in it' });
  } else if (Buffer.byteLength(path.basename(targetOf(store))) > LOCKABLE_NAME_BYTES) {
    const hint = `use at most ${LOCKABLE_NAME_BYTES} bytes, so that the name of the lock beside it fits`;
    problems.error('store-path', pathNode.at, `${showNode(pathNode)} is too long a name for a file`, { hint });
  }
}

/** Beside each file of secrets is its lock, which is removed after every write. */
function checkLock(store: Written, stores: readonly Written[], problems: Problems): void {
  const locked = stores.find((other) => targetOf(store) === `${targetOf(other)}.lock`);
  const pathNode = child(store.block, 'path');
  if (locked === undefined || pathNode === undefined) return;
  const message = `${showNode(pathNode)} is the lock of the secret store ${quote(locked.config.name)}`;
  problems.error('store-path', pathNode.at, message, { hint: 'name another file' });
}

function checkVariable({ config, block }: Written, problems: Problems): void {
  const variable = child(block, 'variable');
  if (variable === undefined) return;
  if (config.format === 'json') {
    problems.error('store-variable', variable.at, 'a json file has no variables', {
      hint: 'remove variable, or write format: dotenv',
    });
    return;
  }
  const example = variableOf(config.variable, { account: 'ACCOUNT', token: 'TOKEN' });
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(example)) return;
  const message = `${showNode(variable)} is not a valid name of an environment variable`;
  problems.error('store-variable', variable.at, message, {
    hint: 'use letters, digits and underscores, {ACCOUNT} and {TOKEN}; no digit first',
  });
}

/** `first` is the first store of the same file. */
function checkFormat({ config, block, at }: Written, first: Written | undefined, problems: Problems): void {
  if (first === undefined || first.config.format === config.format) return;
  const message = `store ${quote(config.name)} writes the same file as ${quote(first.config.name)} in another format`;
  problems.error('store-format', child(block, 'path')?.at ?? at, message, {
    related: { message: 'the other store', at: first.at },
    hint: 'give each format a file of its own',
  });
}
