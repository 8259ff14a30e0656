/** The inventory: what is live of the checked accounts, and what happens to their tokens next. */
import type { Inventory, InventoryAccount, InventoryToken } from '../model/audit.ts';
import { defined } from '../model/defined.ts';
import { rotationDue } from '../model/rotation-due.ts';
import { isoTime } from '../model/time.ts';
import { hourlyCeiling } from '../plan/compute-ceiling.ts';
import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import { wasSuspended } from './rule.ts';
import type { AuditedToken } from './tokens.ts';

/** The accounts that were checked, by name. */
export function inventoryOf(evidence: Evidence): Inventory {
  const { accounts, desired } = evidence;
  const all = accounts
    .filter(({ live }) => live !== undefined)
    .map((account) => inventoryAccount(account, evidence))
    .sort((a, b) => (a.account < b.account ? -1 : 1));
  return { ...defined({ currency: desired.currency }), accounts: all };
}

function inventoryAccount(account: AuditedAccount, { desired, usage, now }: Evidence): InventoryAccount {
  const ducklings = account.ducklings?.live ?? null;
  const rates = desired.computeRates;
  const lastQuery = usage?.reading.ok ? usage.reading.lastQueryAt.get(account.key) : undefined;
  return {
    account: account.username,
    standing: account.standing,
    ...(wasSuspended(account) ? { suspended: true as const } : {}),
    ducklings,
    ...(rates ? { ceiling: ducklings && hourlyCeiling(ducklings, rates) } : {}),
    last_verified: lastVerified(account),
    ...(usage?.reading.ok ? { last_query: lastQuery === undefined ? null : isoTime(lastQuery) } : {}),
    tokens: [...account.tokens, ...account.smokeTokens].map((token) => inventoryToken(token, now)),
  };
}

/** By the state: the last smoke test that passed, or the first connection of a later token. */
function lastVerified({ state, tokens }: AuditedAccount): string | null {
  const times = tokens.flatMap(({ record }) => record?.verified_at ?? []);
  if (state?.smoke?.passed) times.push(state.smoke.at);
  return times.length === 0 ? null : isoTime(Math.max(...times.map((time) => Date.parse(time))));
}

function inventoryToken(token: AuditedToken, now: number): InventoryToken {
  const { live, role, key } = token;
  return {
    name: live.name,
    ...defined({ key }),
    type: live.type,
    role,
    expires_at: live.expiresAt === null ? null : isoTime(live.expiresAt),
    next: nextChange(token, now),
  };
}

/** What happens first; what is due happens with the next apply. */
function nextChange({ live, desired, record, planned, retireAt }: AuditedToken, now: number): InventoryToken['next'] {
  const due = desired ? rotationDue(desired, live, record?.ttl) : null;
  if (planned?.action === 'rotate_token') return { change: 'rotates', at: isoTime(Math.min(due ?? now, now)) };
  if (planned?.action === 'revoke_token') return { change: 'is revoked', at: isoTime(Math.min(retireAt ?? now, now)) };
  if (due !== null) return { change: 'rotates', at: isoTime(due) };
  const { expiresAt } = live;
  if (retireAt !== undefined && retireAt < (expiresAt ?? Number.POSITIVE_INFINITY)) {
    return { change: 'is revoked', at: isoTime(retireAt) };
  }
  return expiresAt === null ? null : { change: 'expires', at: isoTime(expiresAt) };
}
