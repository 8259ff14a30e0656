import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofToken } from '../wording.ts';

/** In the plan's words. Where the run left a token, that is found instead. */
export const tokenDoubtful: Rule = {
  id: 'MDA033',
  name: 'token-doubtful',
  severity: 'warning',
  title: 'A run that did not come to its end has left a token in doubt.',
  help: 'Its secret may not be what the secret store holds, or was never seen to connect. What reads the store next may not get in. The next apply puts a new token in its place.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { planned, key } = token;
        if (planned?.action !== 'rotate_token' || planned.cause !== 'interrupted' || isLeftOver(account, key)) continue;
        yield { ...ofToken(account, token), message: planned.reason, fix: `Replace it: ${applyTo(account)}` };
      }
    }
  },
};

function isLeftOver({ tokens }: AuditedAccount, key: string | undefined): boolean {
  return tokens.some((token) => token.key === key && (token.role === 'orphan' || token.role === 'never_stored'));
}
