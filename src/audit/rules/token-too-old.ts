import { describeSpan, formatDuration } from '../../model/duration.ts';
import { lastingTokens } from '../lasting.ts';
import type { Rule } from '../rule.ts';
import { day, howToReplace, ofToken } from '../wording.ts';

/** That it never expires, outlives the guardrail or should have been rotated says the same, and more. */
export const tokenTooOld: Rule = {
  id: 'MDA022',
  name: 'token-too-old',
  severity: 'warning',
  title: "A token is older than its policy's ttl allows.",
  help: 'It was made by hand or under another policy, with a longer life than its policy gives now. A rotation brings it under the policy.',
  yieldsTo: ['MDA003', 'MDA004', 'MDA025'],
  *check(evidence) {
    for (const [account, token] of lastingTokens(evidence)) {
      const { live, want } = token;
      if (want === undefined || want.ttl === null) continue;
      const age = (evidence.now - live.createdAt) / 1000;
      if (age <= want.ttl) continue;
      yield {
        ...ofToken(account, token),
        message: `is ${describeSpan(age)} old, made ${day(live.createdAt)}, and policy ${want.policy} gives ${formatDuration(want.ttl)}`,
        fix: howToReplace(account, token),
      };
    }
  },
};
