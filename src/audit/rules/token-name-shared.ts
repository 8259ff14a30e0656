import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';
import { ofToken } from '../wording.ts';

/** One finding a name. Tokens that a run left behind are found as that; a token without a name shares none. */
export const tokenNameShared: Rule = {
  id: 'MDA009',
  name: 'token-name-shared',
  severity: 'warning',
  title: 'A token has the name of another token of its account.',
  help: 'Tokens are told apart by their names: with two of one name nobody knows which one a program uses, and mdacc cannot adopt either.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const tokens of byName(account)) {
        const [first] = tokens;
        if (first === undefined || tokens.length < 2) continue;
        const ids = tokens.map(({ live, key }) => (key === undefined ? live.id : `${live.id} (managed)`));
        yield {
          ...ofToken(account, first),
          message: `${tokens.length} live tokens have this name: ${ids.join(' and ')}`,
          fix: 'Revoke the one that nobody uses at MotherDuck.',
        };
      }
    }
  },
};

const NOT_NAMED: readonly AuditedToken['role'][] = ['orphan', 'never_stored', 'smoke_test', 'reserved'];

function byName({ tokens }: AuditedAccount): Iterable<AuditedToken[]> {
  const groups = new Map<string, AuditedToken[]>();
  for (const token of tokens) {
    const { live, role } = token;
    if (NOT_NAMED.includes(role) || live.name === '') continue;
    groups.set(live.name, [...(groups.get(live.name) ?? []), token]);
  }
  return groups.values();
}
