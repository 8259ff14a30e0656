import type { Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';
import { applyTo, nameOf, ofToken } from '../wording.ts';

/** One finding a key, whose token may overlap with the one before. */
export const tokenRemoved: Rule = {
  id: 'MDA031',
  name: 'token-removed',
  severity: 'warning',
  title: 'A token left the configuration and still lives.',
  help: 'The configuration was changed and not applied: the next apply revokes it, and what still uses it stops then. Find out what does, or put it back.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const [key, tokens] of removed(account.tokens)) {
        const [first, ...others] = tokens;
        if (first === undefined) continue;
        const names = others.map(({ live }) => `"${nameOf(live)}"`).join(', ');
        yield {
          ...ofToken(account, first),
          message: `"${key}" left the configuration, and its token still lives${names && `, as ${names} does`}`,
          fix: `Revoke it: ${applyTo(account)}. Or put it back into the configuration.`,
        };
      }
    }
  },
};

/** By their key; those that the state has as current ones first. */
function removed(tokens: readonly AuditedToken[]): Iterable<[key: string, AuditedToken[]]> {
  const keys = new Map<string, AuditedToken[]>();
  for (const token of tokens) {
    const { planned, key = '', record } = token;
    if (planned?.action !== 'revoke_token' || planned.cause !== 'removed') continue;
    const others = keys.get(key) ?? [];
    keys.set(key, record === undefined ? [...others, token] : [token, ...others]);
  }
  return keys;
}
