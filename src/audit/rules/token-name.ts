import { RESERVED_TOKEN_NAMES } from '../../model/tokens.ts';
import type { AuditedAccount } from '../account.ts';
import type { Found, Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';
import { ofToken } from '../wording.ts';

const RESERVED = new Set(RESERVED_TOKEN_NAMES.map((name) => name.toLowerCase()));

/** One finding a name. Tokens that a run left behind are found as that; a token without a name shares none. */
export const tokenName: Rule = {
  id: 'MDA009',
  name: 'token-name',
  severity: 'warning',
  title: 'A token has a reserved name, or the name of another token of its account.',
  help: 'Tokens are told apart by their names: with two of one name nobody knows which one a program uses, and mdacc cannot adopt either. The reserved names are those of MotherDuck itself.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const tokens of byName(account)) {
        const [first] = tokens;
        if (first === undefined) continue;
        if (RESERVED.has(first.live.name.trim().toLowerCase())) yield reserved(account, first);
        else if (tokens.length > 1) yield duplicate(account, tokens, first);
      }
    }
  },
};

function byName({ tokens }: AuditedAccount): Iterable<AuditedToken[]> {
  const groups = new Map<string, AuditedToken[]>();
  for (const token of tokens) {
    const isLeft = token.role === 'orphan' || token.role === 'never_stored' || token.role === 'smoke_test';
    if (isLeft || token.live.name === '') continue;
    groups.set(token.live.name, [...(groups.get(token.live.name) ?? []), token]);
  }
  return groups.values();
}

function reserved(account: AuditedAccount, token: AuditedToken): Found {
  return {
    ...ofToken(account, token),
    message: `"${token.live.name}" is a name that MotherDuck keeps for itself`,
    fix: 'If a person or a program made it: replace it by a token with another name, then revoke it at MotherDuck.',
  };
}

function duplicate(account: AuditedAccount, tokens: readonly AuditedToken[], first: AuditedToken): Found {
  const ids = tokens.map(({ live, key }) => (key === undefined ? live.id : `${live.id} (managed)`));
  return {
    ...ofToken(account, first),
    message: `${tokens.length} live tokens have this name: ${ids.join(' and ')}`,
    fix: 'Revoke the one that nobody uses at MotherDuck.',
  };
}
