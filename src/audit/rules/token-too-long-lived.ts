import { describeSpan, formatDuration, MINUTE, showDay } from '../../model/time.ts';
import { keptTokens } from '../account.ts';
import { aboutToken, type Rule, replaceHint } from '../rule.ts';

/** Seconds by which the lifetime that MotherDuck gives may differ from the ttl of the request. */
const TOLERANCE = MINUTE;

/** A token that never expires has a rule of its own. */
export const tokenTooLongLived: Rule = {
  id: 'MDA004',
  name: 'token-too-long-lived',
  severity: 'error',
  title: 'A token lives longer than guardrails.max_token_ttl.',
  help: 'The guardrail keeps longer lifetimes out of the configuration; this token was created outside of it, or before it. Replace it by one with a shorter lifetime.',
  *check({ accounts, desired }) {
    const most = desired.guardrails.maxTokenTtl;
    if (most === undefined) return;
    for (const [account, token] of keptTokens(accounts)) {
      const { createdAt, expiresAt } = token.live;
      if (expiresAt === null) continue;
      const lifetime = (expiresAt - createdAt) / 1000;
      if (lifetime <= most + TOLERANCE) continue;
      yield {
        ...aboutToken(account, token),
        message: `lives ${describeSpan(lifetime)}, until ${showDay(expiresAt)}, and guardrails.max_token_ttl is ${formatDuration(most)}`,
        fix: replaceHint(account, token),
      };
    }
  },
};
