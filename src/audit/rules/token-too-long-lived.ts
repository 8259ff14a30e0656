import { describeSpan, formatDuration } from '../../model/duration.ts';
import { lastingTokens } from '../lasting.ts';
import type { Rule } from '../rule.ts';
import { day, howToReplace, ofToken } from '../wording.ts';

/** Seconds by which MotherDuck's two times of one token may differ from the life that was asked for. */
const TOLERANCE = 60;

/** One that never expires is found as that. */
export const tokenTooLongLived: Rule = {
  id: 'MDA004',
  name: 'token-too-long-lived',
  severity: 'error',
  title: 'A token lives longer than guardrails.max_token_ttl.',
  help: 'The guardrail keeps longer lives out of the configuration; this token was made outside of it, or before it. Replace it by one with a shorter life.',
  *check(evidence) {
    const most = evidence.desired.guardrails.maxTokenTtl;
    if (most === undefined) return;
    for (const [account, token] of lastingTokens(evidence)) {
      const { createdAt, expiresAt } = token.live;
      if (expiresAt === null) continue;
      const life = (expiresAt - createdAt) / 1000;
      if (life <= most + TOLERANCE) continue;
      yield {
        ...ofToken(account, token),
        message: `lives ${describeSpan(life)}, until ${day(expiresAt)}, and guardrails.max_token_ttl is ${formatDuration(most)}`,
        fix: howToReplace(account, token),
      };
    }
  },
};
