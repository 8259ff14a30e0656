import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import type { AuditedToken, TokenRole } from '../tokens.ts';
import { applyTo, day, ofToken, REVOKE } from '../wording.ts';

const WHY: Partial<Record<TokenRole, string>> = {
  orphan: 'an interrupted run made it, and its secret may not have been stored',
  never_stored: 'its secret could not be stored, and it could not be revoked then',
  smoke_test: 'a smoke test made it, and was interrupted or is under way',
};

/** The token that was to be made is then not found as missing too, nor judged by its life. */
export const tokenOrphan: Rule = {
  id: 'MDA008',
  name: 'token-orphan',
  severity: 'warning',
  title: 'A token was left by a run that did not come to its end.',
  help: 'A token whose secret nobody has is of no use and still opens the account. The next apply revokes it, after it has made a good one. Those of a smoke test live five minutes.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const why = WHY[token.role];
        if (why === undefined) continue;
        const message = `${why}; made ${day(token.live.createdAt)}`;
        yield { ...ofToken(account, token), message, fix: howToEnd(account, token) };
      }
    }
  },
};

function howToEnd(account: AuditedAccount, { role }: AuditedToken): string {
  const isRevoked = account.standing === 'configured' || (account.standing === 'removed' && role === 'never_stored');
  return isRevoked ? `The next apply revokes it: ${applyTo(account)}` : REVOKE;
}
