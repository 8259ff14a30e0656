import { aboutToken, applyHint, liveTokenName, type Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';

/** One finding per key, whose token may overlap with the previous one. */
export const tokenRemoved: Rule = {
  id: 'MDA031',
  name: 'token-removed',
  severity: 'warning',
  title: 'A token was removed from the configuration and is still live.',
  help: 'The configuration was changed and not applied: the next apply revokes the token, and programs that still use it stop working. Find out what uses it, or put it back.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const [key, tokens] of removed(account.tokens)) {
        const [first, ...others] = tokens;
        if (first === undefined) continue;
        const names = others.map(({ live }) => `"${liveTokenName(live)}"`).join(', ');
        yield {
          ...aboutToken(account, first),
          message: `"${key}" was removed from the configuration, and its token is still live${names && `, as is ${names}`}`,
          fix: applyHint(account, 'Put it back into the configuration, or apply to revoke.'),
        };
      }
    }
  },
};

/** By key; the current token in the state first. */
function removed(tokens: readonly AuditedToken[]): Iterable<[key: string, AuditedToken[]]> {
  const keys = new Map<string, AuditedToken[]>();
  for (const token of tokens) {
    const { planned, key = '', record } = token;
    if (planned?.action !== 'revoke_token' || planned.reason.kind !== 'removed') continue;
    const others = keys.get(key) ?? [];
    keys.set(key, record === undefined ? [...others, token] : [token, ...others]);
  }
  return keys;
}
