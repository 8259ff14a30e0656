/** Tokens that somebody asked to revoke at once, and about which a plan could not decide. */
import { type Live, listedTokens } from '../model/live.ts';
import type { State, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { PlannedAccount } from './account-plan.ts';

/** What was asked for. */
interface Asked {
  readonly live: Live;
  readonly state: State;
  /** Whether the present command revokes the old tokens of a key. An earlier one may have left a request. */
  isAsked(account: string, token: string): boolean;
}

/** The names of the tokens that stay live because their account or their key could not be planned: `etl_prod/airflow.2`. */
export function notRevoked(plans: readonly PlannedAccount[], { live, state, isAsked }: Asked): string[] {
  return plans.flatMap(({ username, plan }) => {
    const errors = plan.errors.map((error) => ('token' in error ? error.token : undefined));
    if (errors.length === 0) return [];
    const planned = new Set(plan.actions.map((action) => ('token' in action ? action.token : undefined)));
    const presence = live.accounts.get(accountKey(username));
    const listed = presence?.presence === 'present' ? listedTokens(presence.value).ids : undefined;
    return [...(state.accounts.get(accountKey(username))?.tokens ?? [])].flatMap(([key, token]) => {
      const isLeft = errors.includes(key) || (errors.includes(undefined) && !planned.has(key));
      if (!isLeft || !(token.revoke_old !== undefined || isAsked(username, key))) return [];
      return recordsOf(token).flatMap(({ id, name }) => (listed?.has(id) === false ? [] : [`${username}/${name}`]));
    });
  });
}

function recordsOf({ current, retiring, revoke_old: request }: StateToken) {
  const isReplaced = request !== undefined && current !== undefined && current.generation > request.generation;
  return current === undefined || isReplaced ? retiring : [current, ...retiring];
}
