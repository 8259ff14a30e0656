import { DAY_MS, describeSpan, showDay } from '../../model/time.ts';
import { type AuditedAccount, keptTokens } from '../account.ts';
import { aboutToken, type Rule, replaceHint } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';

const SOON_MS = 7 * DAY_MS;

/** Not for a configured token, which its policy rotates, nor for an unmanaged one with a lifetime of at most 7 days. */
export const tokenExpiring: Rule = {
  id: 'MDA005',
  name: 'token-expiring',
  severity: 'error',
  title: 'A token expires within 7 days, and nothing will replace it.',
  help: 'Programs that use it will stop working. Unmanaged tokens and those of removed accounts are not rotated: adopt them, put the account back, or replace them by hand.',
  *check({ accounts, now }) {
    for (const [account, token] of keptTokens(accounts)) {
      const { createdAt, expiresAt } = token.live;
      if (token.desired !== undefined || expiresAt === null || expiresAt - now > SOON_MS) continue;
      if (token.role === 'unmanaged' && expiresAt - createdAt <= SOON_MS) continue;
      const left = describeSpan((expiresAt - now) / 1000);
      yield {
        ...aboutToken(account, token),
        message: `expires in ${left}, ${showDay(expiresAt)}, and nothing replaces it: ${whyNotRotated(account, token)}`,
        fix: replaceHint(account, token),
      };
    }
  },
};

function whyNotRotated({ standing }: AuditedAccount, { role }: AuditedToken): string {
  if (standing === 'unmanaged') return 'the account is not in the configuration';
  return role === 'unmanaged' ? 'it is not in the configuration' : 'its account was removed from the configuration';
}
