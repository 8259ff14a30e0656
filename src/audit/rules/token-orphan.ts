import { showDay } from '../../model/time.ts';
import type { Hint } from '../../model/user-error.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutToken, applyHint, REVOKE_HINT, type Rule } from '../rule.ts';
import type { AuditedToken, TokenRole } from '../tokens.ts';

const ORIGINS: Partial<Record<TokenRole, string>> = {
  orphan: 'an interrupted run created it, and its secret may not have been stored',
  smoke_test: 'a smoke test created it, and was interrupted or is still running',
};

/** The token that the run was to create is then neither reported as missing nor judged by its lifetime. */
export const tokenOrphan: Rule = {
  id: 'MDA008',
  name: 'token-orphan',
  severity: 'warning',
  title: 'An interrupted run left a token behind.',
  help: 'A token whose secret is unknown is useless and still gives access. The next apply replaces it, and revokes it: at once when its store shows that its secret was not stored, else after the overlap. Tokens of a smoke test expire by themselves, most after five minutes.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const origin = ORIGINS[token.role];
        if (origin === undefined) continue;
        const message = `${origin}; created ${showDay(token.live.createdAt)}`;
        yield { ...aboutToken(account, token), message, fix: fixFor(account, token) };
      }
    }
  },
};

/** As the plan decides. One of a smoke test that runs now is not planned yet. */
function fixFor(account: AuditedAccount, { role, planned }: AuditedToken): Hint {
  if (planned?.action === 'revoke_token' || (role === 'smoke_test' && account.standing === 'configured'))
    return applyHint(account, 'Apply the configuration to revoke.');
  if (planned !== undefined)
    return applyHint(account, 'Apply the configuration to replace, and to revoke after the overlap.');
  return account.standing === 'configured' ? applyHint(account) : REVOKE_HINT;
}
