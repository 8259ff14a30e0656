/**
 * A plan that was reviewed and is applied later, exactly. It has what it was made from (the configuration's hash, the
 * state's lineage and serial, each account as it was read), so that apply can tell whether anything
 * changed since. Every apply raises the state's serial, so a plan with changes works once. A file that was edited is refused.
 */
import { createHash } from 'node:crypto';
import type { Action } from '../model/action.ts';
import { entryName } from '../model/entry-name.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { type PlanRequest, planCommand } from './plan-request.ts';
import {
  accountDifferences,
  configurationDifference,
  differing,
  type SeenAccount,
  seenAccounts,
  stateDifference,
} from './stale-plan.ts';

const KIND = 'motherduck-accounts plan';

/** The document in a plan file. */
export interface PlanFile {
  readonly kind: typeof KIND;
  readonly version: 4;
  readonly plan: Plan;
  /** Made with `--prune`. */
  readonly prune: boolean;
  /** Made with `--due`. */
  readonly due?: boolean;
  /** Made with `--allow-missing`. */
  readonly allow_missing?: boolean;
  /** Made with `--rotate`, by these names. */
  readonly rotate?: readonly string[];
  /** Made with `--revoke-old`. */
  readonly revoke_old?: RevokesOld;
  /** Made with `--destroy`. */
  readonly destroy?: boolean;
  readonly configuration: string;
  /** The hash of each of its files. */
  readonly files: Readonly<Record<string, string>>;
  /** The hashes of the repository's files that the commands of stores name, so that the reviewed files are the ones that run. */
  readonly scripts: Readonly<Record<string, string>>;
  /** null: there was no state yet. */
  readonly state: { readonly lineage: string; readonly serial: number } | null;
  /** When the last run of the state began; null: it has none. */
  readonly run: string | null;
  /** Each account that was read, by `accountKey`. */
  readonly seen: Readonly<Record<string, SeenAccount>>;
  /** The ids of some users, which tell the organization apart where none of the accounts is there yet. */
  readonly users?: readonly string[];
  /** The digest of everything else in the file, so that its other fields, such as `prune`, are the reviewed ones. */
  readonly digest: string;
}

interface SavedInput {
  readonly desired: { readonly hash: string; readonly fileHashes?: ReadonlyMap<string, string> };
  readonly live: Live;
  readonly plan: Plan;
  readonly stores: ReadonlyMap<string, { readonly scripts?: ReadonlyMap<string, string> }>;
}

/** The text of a plan file. */
export function planFile(
  planned: SavedInput,
  state: State,
  asked: Pick<PlanFile, 'prune' | 'due' | 'allow_missing' | 'rotate' | 'revoke_old' | 'destroy'>,
): string {
  const file: Omit<PlanFile, 'digest'> = {
    kind: KIND,
    version: 4,
    plan: planned.plan,
    ...asked,
    configuration: planned.desired.hash,
    files: Object.fromEntries(planned.desired.fileHashes ?? []),
    scripts: scriptsOf(planned),
    state: stateVersion(state),
    run: state.runs.at(-1)?.at ?? null,
    seen: seenAccounts(planned.live),
    users: someUsers(planned.live),
  };
  return `${JSON.stringify({ ...file, digest: digestOf(file) }, null, 2)}\n`;
}

/** Reads the text of a plan file. @throws UserError PLAN_INVALID */
export function parsePlanFile(text: string, name: string): PlanFile {
  const file = parsed(text);
  if (file !== undefined) {
    const { digest, ...rest } = file;
    if (digest === digestOf(rest)) return file;
    const hint = { text: 'Save a new one and have it reviewed.', command: ['plan', '--out', 'today.plan'] };
    throw new UserError('PLAN_INVALID', `${name} was changed after the plan was saved`, hint);
  }
  const hint = /^\s*(version|accounts|organization)\s*:/m.test(text)
    ? { text: 'It looks like a configuration. Apply that.', command: ['apply', '--config', name] }
    : { text: 'Save one.', command: ['plan', '--out', 'today.plan'] };
  throw new UserError('PLAN_INVALID', `${name} is not a plan file of this version`, hint);
}

/** Of the data and not of the text, whose line breaks git may change. */
function digestOf(file: Omit<PlanFile, 'digest'>): string {
  return createHash('sha256').update(JSON.stringify(file)).digest('hex');
}

/** Whether the text is that of a plan file, of whatever version. */
export function isPlanFile(text: string): boolean {
  return document(text)?.kind === KIND;
}

function parsed(text: string): PlanFile | undefined {
  const file = document(text);
  const isPlan = file?.kind === KIND && file.version === 4;
  return isPlan && areActions(file.plan?.actions) && file.seen ? (file as PlanFile) : undefined;
}

function document(text: string): Partial<PlanFile> | null | undefined {
  try {
    return JSON.parse(text) as Partial<PlanFile> | null;
  } catch {
    return undefined;
  }
}

function areActions(actions: unknown): boolean {
  const isAction = (action: unknown) => typeof action === 'object' && action !== null && 'action' in action;
  return Array.isArray(actions) && actions.every(isAction);
}

/**
 * Compares a saved plan with one that was just made in the same way. The new one may have more scheduled work; but for
 * every account and token that was reviewed, both must have the same actions, so an altered file is refused too.
 *
 * @throws UserError PLAN_STALE, naming what changed since the plan was made
 */
export function refuseStale(file: PlanFile, now: SavedInput, state: State): void {
  const changed: string[] = [];
  if (file.configuration !== now.desired.hash)
    changed.push(configurationDifference(file.files ?? {}, now.desired.fileHashes));
  const scripts = differing(Object.entries(file.scripts ?? {}), Object.entries(scriptsOf(now)));
  changed.push(...scripts.map((path) => `${path}, which a secret store runs`));
  const isMoved = !isMadeFrom(file, state);
  if (isMoved) changed.push(stateDifference({ run: file.run, serial: file.state?.serial ?? 0 }, state));
  const accounts = accountDifferences(file.seen, seenAccounts(now.live));
  if (accounts !== undefined) changed.push(`at MotherDuck: ${accounts}`);
  if (isOtherOrganization(file.users, now.live)) changed.push('the organization: none of its users is there');
  const parts = alteredParts(file.plan.actions, now.plan.actions);
  if (changed.length === 0) {
    changed.push(...parts.slice(0, PARTS_SHOWN));
    if (parts.length > PARTS_SHOWN) changed.push(`${parts.length - PARTS_SHOWN} more`);
  }
  if (changed.length === 0) return;
  const message = `the plan is stale; since it was made, this changed: ${changed.join('; ')}`;
  const isDone = isMoved && isCarriedOut(file.plan.actions, now.plan.actions);
  throw new UserError('PLAN_STALE', message, {
    text: `${isDone ? 'A plan can be applied once, and nothing of this one is left to do. ' : ''}Save a new one and have it reviewed.`,
    command: [...planCommand(requestOf(file)), '--out', 'today.plan'],
  });
}

/** People, who come and go more seldom than accounts. */
const USERS_SAVED = 10;

function someUsers({ users }: Live): string[] {
  const people = users.listed ? users.all.filter((user) => !user.isServiceAccount && user.id !== '') : [];
  return people
    .map(({ id }) => id)
    .sort()
    .slice(0, USERS_SAVED);
}

function isOtherOrganization(saved: readonly string[] = [], { users }: Live): boolean {
  if (saved.length === 0 || !users.listed) return false;
  const ids = new Set(users.all.map(({ id }) => id));
  return !saved.some((id) => ids.has(id));
}

function scriptsOf({ stores }: Pick<SavedInput, 'stores'>): Record<string, string> {
  return Object.fromEntries([...stores.values()].flatMap(({ scripts }) => [...(scripts ?? [])]));
}

/** What the plan was asked for. */
export function requestOf({
  plan,
  rotate,
  revoke_old: revokeOld,
  prune,
  due,
  destroy,
  allow_missing: allowMissing,
}: PlanFile): PlanRequest {
  const { only } = plan.scope ?? {};
  return {
    only,
    rotate,
    revokeOld: revokeOld !== undefined,
    force: revokeOld === 'stored',
    prune,
    due,
    destroy,
    allowMissing,
  };
}

/** Of a plan file that was edited in many places. */
const PARTS_SHOWN = 20;

/** The accounts and tokens whose reviewed actions differ from those that would be done now. */
function alteredParts(reviewed: readonly Action[], planned: readonly Action[]): string[] {
  const now = byPart(planned);
  return [...byPart(reviewed)].filter(([part, actions]) => now.get(part) !== actions).map(([part]) => part);
}

/** Whether none of the reviewed actions is planned any more. */
function isCarriedOut(reviewed: readonly Action[], planned: readonly Action[]): boolean {
  const left = new Set(planned.map((action) => `${action.action} ${entryName(action)}`));
  return reviewed.length > 0 && !reviewed.some((action) => left.has(`${action.action} ${entryName(action)}`));
}

/**
 * The actions of each account or token as text; of a reason only its kind, since its data may have the time left. The file of a
 * location is named as the configuration was typed, which another folder does otherwise.
 */
function byPart(actions: readonly Action[]): Map<string, string> {
  const parts = new Map<string, string>();
  for (const action of actions) {
    const part = entryName(action);
    parts.set(
      part,
      `${parts.get(part) ?? ''}${JSON.stringify({ ...action, location: action.location?.line, reason: action.reason?.kind })}\n`,
    );
  }
  return parts;
}

/** Whether a saved plan was made from this state, and not applied since. */
export function isMadeFrom({ state: before }: Pick<PlanFile, 'state'>, state: State): boolean {
  return JSON.stringify(before) === JSON.stringify(stateVersion(state));
}

function stateVersion(state: State): PlanFile['state'] {
  return state.serial === 0 ? null : { lineage: state.lineage, serial: state.serial };
}
