import { formatDuration } from '../../model/duration.ts';
import { lastingTokens } from '../lasting.ts';
import type { Rule } from '../rule.ts';
import { day, howToReplace, ofToken } from '../wording.ts';

/** Not where the configuration itself says `ttl: never`, which it may only with allow_never_expiring. */
export const tokenNeverExpires: Rule = {
  id: 'MDA003',
  name: 'token-never-expires',
  severity: 'warning',
  title: 'A token never expires.',
  help: 'Whoever gets hold of it has the account until somebody notices. Give tokens a life and let mdacc rotate them; where one must not end, say so with "ttl: never" and guardrails.allow_never_expiring.',
  *check(evidence) {
    for (const [account, token] of lastingTokens(evidence)) {
      const { live, want } = token;
      const isMeant = want !== undefined && want.ttl === null && evidence.desired.guardrails.allowNeverExpiring;
      if (live.expiresAt !== null || isMeant) continue;
      const policy = want?.ttl ? `, and policy ${want.policy} gives ${formatDuration(want.ttl)}` : '';
      yield {
        ...ofToken(account, token),
        message: `never expires${policy}; made ${day(live.createdAt)}`,
        fix: howToReplace(account, token),
      };
    }
  },
};
