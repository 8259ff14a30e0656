/** Commands to type next carry the options that say which configuration, state and organization the user works on. */
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import { applyCommand, type PlanRequest } from '../plan/plan-request.ts';
import type { InContext } from '../report/hint.ts';
import { takesOption } from './option-words.ts';

/** The options that a command to type next repeats. */
export interface TypedOptions extends PlanRequest {
  readonly config?: string;
  readonly state?: string;
  readonly sandbox?: boolean;
  readonly sandboxDir?: string;
  readonly apiUrl?: string;
  readonly allowEnv?: readonly string[];
  readonly realStores?: boolean;
  /** The saved plan that the command is about. */
  readonly planFile?: string | undefined;
  readonly allowDelete?: boolean;
}

/** Gives argv with the context options that were typed; those of `options` at their defaults are omitted. */
export function inContext(argv: readonly string[], options: TypedOptions): readonly string[] {
  const { config, state, sandboxDir, apiUrl, allowEnv = [], realStores } = options;
  const takes = (option: string) => takesOption(argv, option);
  // What else is deleted was not asked for.
  const isDeleting = argv[0] === 'destroy' || (argv[0] === 'apply' && argv.includes('--prune'));
  const typed: readonly (readonly string[])[] = [
    config === undefined || config === DEFAULT_CONFIG ? [] : ['--config', config],
    state === undefined ? [] : ['--state', state],
    apiUrl === undefined ? [] : ['--api-url', apiUrl],
    ...(isStarter(argv) ? [] : [sandboxFlags(options)]),
    ...allowEnv.map((name) => ['--allow-env', name]),
    realStores ? ['--real-stores'] : [],
    ...(isDeleting ? deletionOptions(options) : []),
    isOfAll(argv) ? onlyOf(options) : [],
  ];
  // `--sandbox-dir` implies `--sandbox`.
  const words = sandboxDir === undefined ? argv : argv.filter((word) => word !== '--sandbox');
  const added = typed.filter(([name]) => name !== undefined && !words.includes(name) && takes(name)).flat();
  const end = words.indexOf('--');
  return end === -1 ? [...words, ...added] : [...words.slice(0, end), ...added, ...words.slice(end)];
}

/** `init` without `--from-live` writes a starter file, and uses no organization. */
function isStarter([command, ...rest]: readonly string[]): boolean {
  return command === 'init' && !rest.includes('--from-live');
}

function sandboxFlags({ sandbox, sandboxDir }: TypedOptions): string[] {
  if (sandboxDir !== undefined) return ['--sandbox-dir', sandboxDir];
  return sandbox ? ['--sandbox'] : [];
}

/** Whether a command plans all accounts, and not those of a saved plan. */
function isOfAll([command = '', next = '--']: readonly string[]): boolean {
  return ['plan', 'apply'].includes(command) && next.startsWith('-');
}

function onlyOf({ only = [] }: Pick<TypedOptions, 'only'>): string[] {
  return only.flatMap((glob) => ['--only', glob]);
}

function deletionOptions({ only = [], allowDelete, allowMissing }: TypedOptions): string[][] {
  return [onlyOf({ only }), allowDelete ? ['--allow-delete'] : [], allowMissing ? ['--allow-missing'] : []];
}

/** The typed command, such as `rotate etl_prod` or one of a saved plan, with the options of these words. */
function again([, ...added]: readonly string[], options: TypedOptions): readonly string[] {
  const { planFile } = options;
  return [...(planFile === undefined ? applyCommand(options) : ['apply', planFile]), ...added];
}

/** Adds the context options that were typed to commands. */
export function contextOf(options: TypedOptions): InContext {
  return ({ command, isAgain }) => inContext(isAgain ? again(command, options) : command, options);
}
