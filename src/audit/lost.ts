/** Tokens that the state takes for in use and that are gone: what is said of them, and how to have one again. */
import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import type { Found } from './rule.ts';
import type { LostToken } from './tokens.ts';
import { applyTo, ofAccount, operand } from './wording.ts';

export function* lostTokensOf({ accounts }: Evidence, how: LostToken['how']): Iterable<[AuditedAccount, LostToken]> {
  for (const account of accounts) {
    for (const token of account.lost) if (token.how === how) yield [account, token];
  }
}

export function ofLost(
  account: AuditedAccount,
  { record, want }: LostToken,
): Pick<Found, 'account' | 'token' | 'location'> {
  return { ...ofAccount(account), token: record.name, ...(want ? { location: want.location } : {}) };
}

export function howToRegain(account: AuditedAccount, { key }: LostToken): string {
  if (account.standing === 'configured') return `Make a new one: ${applyTo(account)}`;
  const forget = `mdacc state forget ${operand(`${account.username}/${key}`)}`;
  return `Its account left the configuration: put that back and apply, or drop the token from the state: ${forget}`;
}
