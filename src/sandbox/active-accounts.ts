import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireActiveAccounts } from '../model/wire.ts';
import { awakeFor } from './duckling-rules.ts';
import type { Account } from './organization-state.ts';
import type { RequestContext } from './request-context.ts';
import { type Answer, ok } from './responses.ts';

/**
 * GET /v1/active_accounts: accounts with a Duckling that was connected to and neither slept nor reached the end of its
 * cooldown. The sandbox does not see a connection close, so all of them are `active` and none in `cooldown`.
 * Assumption: the first read scaling Duckling is `rs.1`.
 */
export function activeAccounts({ store }: RequestContext): Answer {
  const now = store.now();
  const accounts: WireActiveAccounts['accounts'] = [];
  for (const account of store.read().accounts()) {
    const ducklings = TOKEN_TYPES.filter((type) => isAwake(account, type, now)).map((type) => ({
      id: type === 'read_write' ? 'rw' : 'rs.1',
      type,
      status: 'active' as const,
    }));
    if (ducklings.length > 0) accounts.push({ username: account.username, ducklings });
  }
  return ok({ accounts });
}

export function isAwake(account: Account, type: TokenType, now: number): boolean {
  const wokenAt = account.wokenAt.get(type);
  return wokenAt !== undefined && now < wokenAt + awakeFor(account.ducklings, type);
}
