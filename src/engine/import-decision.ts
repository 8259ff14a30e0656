/** Decides what an import may write, so that the configuration stays valid and the next plan only adopts. */
import path from 'node:path';
import { type LoadedWell, loadConfig } from '../config/load.ts';
import { allDecision } from '../import/adoption-candidates.ts';
import { type Adoption, adoptions, obstacles } from '../import/adoption-check.ts';
import { decideImport } from '../import/decide.ts';
import { withoutEmptySections } from '../import/initial-config.ts';
import type { Selection } from '../import/selection.ts';
import { terraformSkipped } from '../import/terraform.ts';
import type { TerraformInstance } from '../import/terraform-state.ts';
import { readLive } from '../live/read.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { AccountSkipReason, Import, ImportRefusal } from '../model/import.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { suggestedFix } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { accountNames } from '../plan/account-names.ts';
import { makePlan } from '../plan/plan.ts';
import { newSecretPaths, openStores, secretPathsIn } from '../secrets/stores.ts';
import { managedBy, type OtherState, unreadStates } from '../state/other-states.ts';
import type { ImportContext, ImportFiles } from './import-files.ts';
import type { OpenedService, RunContext } from './service.ts';

/** What an import is decided from: the selection, the configuration, live and state. */
interface ImportDecisionInput {
  readonly selection: Selection;
  readonly files: ImportFiles;
  readonly live: Live;
  readonly state: State;
  readonly service: Pick<OpenedService, 'env' | 'isSandbox' | 'claims'>;
  /** The states of other configurations. */
  readonly others: readonly OtherState[];
  /** What Terraform manages, where the selection is of that. */
  readonly terraform?: readonly TerraformInstance[] | undefined;
}

/** Where an import writes, as its options say. */
interface ImportDecisionOptions {
  readonly config: string;
  readonly allowEnv?: readonly string[];
  /** The secret store of new policies. */
  readonly store?: string;
  /** The included file that new accounts are written to. */
  readonly into?: string;
}

/** An import that the next plan would only adopt. */
export interface ImportDecision {
  readonly decided: Import;
  /** The accounts and tokens that are added to the state: those written now, and selected ones that were in the configuration before. */
  readonly actions: readonly Adoption[];
  /** The configuration with the import. */
  readonly desired: Desired;
}

/**
 * Decides what is imported, and loads the configuration as it would be to check that the next plan only adopts.
 *
 * @returns Why it is refused, where it is.
 * @throws UserError USAGE; IMPORT_REFUSED when the configuration would not be valid
 */
export async function decideSafely(
  input: ImportDecisionInput,
  options: ImportDecisionOptions,
  context: ImportContext,
): Promise<ImportDecision | { readonly refusal: ImportRefusal }> {
  const { selection, files, live, state, service, others } = input;
  const { desired, definitions } = files.loaded;
  const before = planOf(desired, input);
  const decision = decideImport({
    selection,
    desired,
    definitions,
    state,
    live,
    plan: before,
    claims: service.claims,
    elsewhere: elsewhere(others, state),
    texts: files.texts,
    into: intoOf(options, files),
    secrets: newSecretPaths(desired.stores),
    ...storeOf(options, desired),
  });
  if ('refused' in decision) return { refusal: { skipped: decision.refused } };
  const lost = terraformSkipped(input.terraform ?? [], live);
  const decided = { ...decision.import, skipped: [...decision.import.skipped, ...lost] };
  // A new file is written even if there are no live accounts for it.
  const whole = files.isNew ? { ...decided, texts: textsOfNew(files, decided) } : decided;
  const changed = await loadChanged(options, files, whole.texts, context);
  const after = planOf(changed.desired, input);
  const found = obstacles(before, after, whole.adopts);
  if (found.length > 0) return { refusal: { obstacles: found } };
  const actions = adoptions(after, (account, token) => isAdoptionSelected(account, token, input));
  return { decided: whole, actions, desired: changed.desired };
}

function textsOfNew({ texts }: ImportFiles, decided: Import): ReadonlyMap<string, string> {
  const all = decided.texts.size === 0 ? texts : decided.texts;
  return new Map([...all].map(([file, text]) => [file, withoutEmptySections(text)]));
}

/** Loads the configuration with the changes. @throws UserError IMPORT_REFUSED when it would not be valid */
async function loadChanged(
  { config, allowEnv }: ImportDecisionOptions,
  { texts }: ImportFiles,
  changes: ReadonlyMap<string, string>,
  { env, showFindings }: ImportContext,
): Promise<LoadedWell> {
  const unwritten = new Map([...texts, ...changes].map(([file, text]) => [path.resolve(file), text]));
  const loaded = await loadConfig(config, env, unwritten, undefined, allowEnv);
  if (loaded.ok) return loaded;
  showFindings(loaded);
  const message = 'the configuration would not be valid with the import, so nothing was written';
  throw new UserError('IMPORT_REFUSED', message, 'Import the other accounts by name, and report this.');
}

function planOf(desired: Desired, { selection, live, state, service, others }: ImportDecisionInput): Plan {
  const stores = openStores(desired.stores, service.env);
  return makePlan(desired, live, state, {
    only: (username) => selection.what === 'all' || selection.accounts.has(accountKey(username)),
    sandbox: service.isSandbox,
    claims: service.claims,
    managedBy: managedBy(others, state),
    unreadStates: unreadStates(others),
    secretPath: secretPathsIn(stores),
  });
}

/** Why an account belongs to another configuration, or may. As a plan, which adopts neither. */
function elsewhere(others: readonly OtherState[], state: State) {
  const by = managedBy(others, state);
  const [unread] = unreadStates(others);
  return (username: string, id: string | undefined): AccountSkipReason | undefined => {
    const other = by(username, id);
    if (other !== undefined) return { kind: 'managed_elsewhere', state: other };
    if (unread === undefined || state.accounts.has(accountKey(username))) return undefined;
    return { kind: 'state_unread', state: unread.state };
  };
}

/** Whether an account or token was selected. An account that an interrupted apply began with is left to the next apply. */
function isAdoptionSelected(
  username: string,
  token: { readonly id: string; readonly name: string } | undefined,
  { selection, state }: ImportDecisionInput,
): boolean {
  if (state.accounts.get(accountKey(username))?.intent !== undefined) return false;
  if (selection.what === 'all' || token === undefined) return true;
  const only = selection.accounts.get(accountKey(username))?.tokens;
  return only === undefined || only.includes(token.id) || only.includes(token.name);
}

function intoOf({ config, into }: ImportDecisionOptions, { texts }: ImportFiles): string {
  if (into === undefined) return config;
  const found = [...texts.keys()].find((file) => path.resolve(file) === path.resolve(into));
  if (found !== undefined) return found;
  const hint = `It has: ${[...texts.keys()].join(', ')}. Name the file under include first.`;
  throw new UserError('USAGE', `${into} is not a file of the configuration`, hint);
}

function storeOf({ store }: ImportDecisionOptions, { stores }: Desired): { store?: string } {
  if (store === undefined) return {};
  if (stores.has(store)) return { store };
  const hint = suggestedFix(store, [...stores.keys()]) ?? 'Use a name from secret_stores.';
  throw new UserError('USAGE', `the configuration has no secret store "${store}"`, hint);
}

/** The input for reading MotherDuck for an import. */
interface ImportReadingInput {
  readonly selection: Selection;
  readonly desired: Desired;
  readonly state: State;
  readonly service: Pick<OpenedService, 'api' | 'claims'>;
  /** The states of other configurations. */
  readonly others: readonly OtherState[];
  readonly parallelism: number;
}

/** Reads the selected accounts; with `--all`, every account that an import may take. */
export function readForImport(
  input: ImportReadingInput,
  { progress, signal }: Omit<RunContext, 'warn'>,
): Promise<Live> {
  const { selection, desired, state, service, others, parallelism } = input;
  const isAll = selection.what === 'all';
  const names = isAll ? accountNames(desired, state) : [...selection.accounts.values()].map(({ username }) => username);
  const decide = allDecision(desired, state, service.claims, elsewhere(others, state));
  return readLive({
    api: service.api,
    names: names.map((username) => ({ username, needsDucklings: needsDucklings(username, desired) })),
    managed: state.accounts,
    ...(isAll ? { others: (user) => decide(user) === 'include' } : {}),
    parallelism,
    ...defined({ onProgress: progress, signal }),
  });
}

/** Whether the Ducklings are read: of a configured account if it manages or prices them, of every other one in any case. */
function needsDucklings(username: string, { accounts, computeRates }: Desired): boolean {
  const account = accounts.get(accountKey(username));
  return account === undefined || account.ducklings !== undefined || computeRates !== undefined;
}
