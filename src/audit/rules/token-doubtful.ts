import { reasonText } from '../../wording/reasons.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutToken, applyHint, type Rule } from '../rule.ts';

/** The same tokens that a plan warns of. Where the interrupted run left an orphan, the orphan is reported instead. */
export const tokenDoubtful: Rule = {
  id: 'MDA033',
  name: 'token-doubtful',
  severity: 'warning',
  title: 'After an interrupted run, a token may not match its stored secret.',
  help: 'The secret store may hold the secret of another token, or the token is unverified. A program that reads the store next may not be able to connect. The next apply creates a new token.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { planned, key } = token;
        if (planned?.action !== 'rotate_token' || planned.reason.kind !== 'interrupted' || isLeftOver(account, key))
          continue;
        yield { ...aboutToken(account, token), message: reasonText(planned), fix: applyHint(account) };
      }
    }
  },
};

function isLeftOver({ tokens }: AuditedAccount, key: string | undefined): boolean {
  return tokens.some((token) => token.key === key && token.role === 'orphan');
}
