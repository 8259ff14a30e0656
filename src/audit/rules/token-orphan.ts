import { showDay } from '../../model/time.ts';
import type { Hint } from '../../model/user-error.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutToken, applyHint, type Rule, revokeHint } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';

/** The token that the run was to create is then neither reported as missing nor judged by its lifetime. */
export const tokenOrphan: Rule = {
  id: 'MDA008',
  name: 'token-orphan',
  severity: 'warning',
  title: 'An interrupted run left a token behind.',
  help: 'A token whose secret is unknown is useless and still gives access. The next apply replaces it, and revokes it: at once when its store shows that its secret was not stored, else after the overlap.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        if (token.role !== 'orphan') continue;
        const message = `an interrupted run created it, and its secret may not have been stored; created ${showDay(token.live.createdAt)}`;
        yield { ...aboutToken(account, token), message, fix: fixFor(account, token) };
      }
    }
  },
};

/** As the plan decides. */
function fixFor(account: AuditedAccount, token: AuditedToken): Hint {
  const { planned } = token;
  if (planned?.action === 'revoke_token') return applyHint(account, 'Apply the configuration to revoke.');
  if (planned !== undefined)
    return applyHint(account, 'Apply the configuration to replace, and to revoke after the overlap.');
  return account.standing === 'configured' ? applyHint(account) : revokeHint(token);
}
