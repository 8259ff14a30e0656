import type { AuditedAccount } from '../account.ts';
import { aboutToken, type Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';

/** One finding per name. Not for tokens of interrupted runs, nor for tokens without a name. */
export const tokenNameShared: Rule = {
  id: 'MDA009',
  name: 'token-name-shared',
  severity: 'warning',
  title: 'A token has the same name as another token of its account.',
  help: 'The name identifies a token: when two have the same name, nobody can tell which one a program uses, and mdacc cannot adopt either.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const tokens of byName(account)) {
        const [first] = tokens;
        if (first === undefined || tokens.length < 2) continue;
        const ids = tokens.map(({ live, key }) => (key === undefined ? live.id : `${live.id} (managed)`));
        yield {
          ...aboutToken(account, first),
          message: `${tokens.length} live tokens have this name: ${ids.join(' and ')}`,
          fix: { text: 'Revoke the unused one at MotherDuck.' },
        };
      }
    }
  },
};

const EXCLUDED_ROLES: readonly AuditedToken['role'][] = ['orphan', 'reserved'];

function byName({ tokens }: AuditedAccount): Iterable<AuditedToken[]> {
  const groups = new Map<string, AuditedToken[]>();
  for (const token of tokens) {
    const { live, role } = token;
    if (EXCLUDED_ROLES.includes(role) || live.name === '') continue;
    groups.set(live.name, [...(groups.get(live.name) ?? []), token]);
  }
  return groups.values();
}
