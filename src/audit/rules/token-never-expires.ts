import { formatDuration, showDay } from '../../model/time.ts';
import { keptTokens } from '../account.ts';
import { aboutToken, type Rule, replaceHint } from '../rule.ts';

/** Not where the configuration says `ttl: never`, which requires allow_never_expiring. */
export const tokenNeverExpires: Rule = {
  id: 'MDA003',
  name: 'token-never-expires',
  severity: 'warning',
  title: 'A token never expires.',
  help: 'Anyone who obtains it has access until somebody notices. Give tokens a ttl and let mdacc rotate them; where one must never expire, say so with "ttl: never" and guardrails.allow_never_expiring.',
  *check({ accounts, desired }) {
    for (const [account, token] of keptTokens(accounts)) {
      const { live, desired: configured } = token;
      const isAllowed = configured?.ttl === null && desired.guardrails.allowNeverExpiring;
      if (live.expiresAt !== null || isAllowed) continue;
      const policy = configured?.ttl ? `, and policy ${configured.policy} gives ${formatDuration(configured.ttl)}` : '';
      yield {
        ...aboutToken(account, token),
        message: `never expires${policy}; created ${showDay(live.createdAt)}`,
        fix: replaceHint(account, token),
      };
    }
  },
};
