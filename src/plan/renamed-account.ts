/** An account that comes with the tokens of one that left the configuration: whoever changed its key may expect a renaming. */
import { groupBy } from '../model/collections.ts';
import type { Desired } from '../model/desired.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { State, StateAccount } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { PlannedAccount } from './account-plan.ts';

/** Warns where exactly one new account and one that left have the same tokens. Accounts of one template have them too, and tell nothing. */
export function renamedAccounts(desired: Desired, state: State, plans: readonly PlannedAccount[]): PlanWarning[] {
  const created = plans.flatMap(({ username, plan }) => {
    const account = desired.accounts.get(accountKey(username));
    const isNew =
      plan.actions.some(({ action }) => action === 'create_account') && !state.accounts.has(accountKey(username));
    return account && isNew ? [account] : [];
  });
  const left = plans.flatMap(({ username, plan }) => {
    const account = state.accounts.get(accountKey(username));
    const deleted = plan.actions.some(({ action }) => action === 'delete_account');
    const isLeft = !desired.accounts.has(accountKey(username)) && (deleted || plan.retained);
    return account && isLeft ? [{ account, deleted }] : [];
  });
  const [news, olds] = [byTokens(created, (account) => account.tokens), byTokens(left, typesOf)];
  return [...news].flatMap(([tokens, [account, ...others]]) => {
    const [one, ...more] = olds.get(tokens) ?? [];
    if (account === undefined || one === undefined || others.length + more.length > 0) return [];
    const about = { account: account.username, before: one.account.username, tokens: [...account.tokens.keys()] };
    return [{ kind: 'not_renamed' as const, ...about, ...(one.deleted ? { deleted: true as const } : {}) }];
  });
}

/** Groups what has tokens by their keys and types. */
function byTokens<T>(
  all: readonly T[],
  tokensOf: (each: T) => ReadonlyMap<string, { readonly type?: string | undefined }>,
): Map<string, T[]> {
  const nameOf = (each: T) =>
    [...tokensOf(each)]
      .map(([key, { type }]) => `${key} ${type}`)
      .sort()
      .join('\n');
  const groups = groupBy(all, nameOf);
  groups.delete('');
  return groups;
}

function typesOf({ account }: { readonly account: StateAccount }) {
  return new Map([...account.tokens].map(([key, { current }]) => [key, { type: current?.type }]));
}
