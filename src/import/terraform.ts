/** Terraform as a source of an import: the selection, skipped instances, and the instances that Terraform may forget. */
import type { Desired } from '../model/desired.ts';
import type { HandOver, Skipped } from '../model/import.ts';
import type { Live } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { SelectedAccount, Selection } from './selection.ts';
import type { TerraformInstance } from './terraform-state.ts';

/** Selects the accounts of a Terraform state, and of each the tokens and Ducklings that it names, by the ids of the tokens. */
export function terraformSelection(instances: readonly TerraformInstance[]): Selection {
  const accounts = new Map<string, SelectedAccount>();
  for (const { kind, username, token } of withoutDoomed(instances)) {
    const key = accountKey(username);
    const { tokens = [], ducklings = false, ...known } = accounts.get(key) ?? { username };
    accounts.set(key, {
      ...known,
      tokens: token === undefined || tokens.includes(token.id) ? tokens : [...tokens, token.id],
      ducklings: ducklings || kind === 'ducklings',
    });
  }
  return { what: 'some', accounts, isFound: true };
}

/**
 * The instances that Terraform keeps. What it would replace or delete under one address it keeps under no other; and with an
 * account go its tokens and Ducklings, whatever their instances say.
 */
function withoutDoomed(instances: readonly TerraformInstance[]): readonly TerraformInstance[] {
  const doomed = doomedOf(instances);
  return instances.filter((each) => !doomed.has(thingOf(each)) && !doomed.has(accountOf(each)));
}

/** What Terraform would replace or delete. */
function doomedOf(instances: readonly TerraformInstance[]): ReadonlySet<string> {
  return new Set(instances.filter(({ unfit }) => unfit !== undefined).map(thingOf));
}

/** Identifies what an instance manages, by the id of the token, else by the account: several instances may manage the same. */
function thingOf({ kind, username, token }: Pick<TerraformInstance, 'kind' | 'username' | 'token'>): string {
  return `${kind} ${token?.id ?? accountKey(username)}`;
}

function accountOf({ username }: TerraformInstance): string {
  return thingOf({ kind: 'account', username });
}

/** The instances of Terraform that are skipped: tokens that are gone, and instances that it would replace or delete. */
export function terraformSkipped(instances: readonly TerraformInstance[], live: Live): Skipped[] {
  const doomed = doomedOf(instances);
  return instances.flatMap((instance): Skipped[] => {
    const { kind, username: account, token, unfit, address } = instance;
    const about = { account, ...(token === undefined ? {} : { token: { name: token.name, id: token.id } }) };
    const isDoomed = doomed.has(accountOf(instance));
    if (unfit !== undefined && (kind === 'account' || !isDoomed)) {
      const reason = { kind: unfit, address, of: kind, also: kind === 'account' ? restOf(instance, instances) : [] };
      return [{ ...about, reason }];
    }
    const found = live.accounts.get(accountKey(account));
    if (isDoomed || token === undefined || doomed.has(thingOf(instance)) || found?.presence !== 'present') return [];
    const { tokens, unreadableTokens = [] } = found.value;
    const isLive = [...tokens, ...unreadableTokens].some(({ id }) => id === token.id);
    return isLive ? [] : [{ ...about, reason: { kind: 'gone', address } }];
  });
}

/** The addresses of the other instances of an account. */
function restOf(account: TerraformInstance, instances: readonly TerraformInstance[]): string[] {
  const key = accountKey(account.username);
  const rest = instances.filter((each) => accountKey(each.username) === key && each.address !== account.address);
  return [...new Set(rest.map(({ address }) => address))];
}

/**
 * Finds what of Terraform is managed here, by the state and the configuration after the import.
 *
 * @param kept The ids of tokens that stay in Terraform, which alone has their secrets.
 */
export function handOver(
  all: readonly TerraformInstance[],
  state: State,
  desired: Desired,
  kept: ReadonlySet<string>,
): HandOver {
  // Terraform would forget what is left of a replaced one with it.
  const fit = new Set(withoutDoomed(all));
  const unfit = new Set(all.filter((instance) => !fit.has(instance)).map(({ address }) => address));
  const stays = ({ address, token }: TerraformInstance) => unfit.has(address) || kept.has(token?.id ?? '');
  const ready = all.filter((instance) => !stays(instance) && isManaged(instance, state, desired));
  const isReady = new Set(ready);
  const partly = new Set(all.filter((instance) => !isReady.has(instance)).map(({ username }) => accountKey(username)));
  // What stays of an account refers to it: without the account, Terraform's configuration is not valid.
  const isReferredTo = ({ kind, username }: TerraformInstance) =>
    kind === 'account' && partly.has(accountKey(username));
  const managed = ready.filter((instance) => !isReferredTo(instance));
  const isHere = new Set(managed);
  const others = new Set(all.filter((instance) => !isHere.has(instance)).map(({ resource }) => resource));
  return {
    resources: [...new Set(managed.map(({ resource }) => resource))].filter((resource) => !others.has(resource)),
    instances: managed.filter(({ resource }) => others.has(resource)).map(({ address }) => address),
    accounts: ready.filter(isReferredTo).map(({ username }) => username),
  };
}

function isManaged({ kind, username, token }: TerraformInstance, state: State, desired: Desired): boolean {
  const account = state.accounts.get(accountKey(username));
  if (account === undefined) return false;
  if (kind === 'ducklings') return desired.accounts.get(accountKey(username))?.ducklings !== undefined;
  if (token === undefined) return true;
  return [...account.tokens.values()].some(({ current, retiring }) =>
    [current, ...retiring].some((record) => record?.id === token.id),
  );
}
