import { describeSpan, formatDuration, showDay } from '../../model/time.ts';
import { keptTokens } from '../account.ts';
import { aboutToken, type Rule, replaceHint } from '../rule.ts';

/** Yields to the rules for tokens that never expire, exceed the guardrail, or are overdue for rotation. */
export const tokenTooOld: Rule = {
  id: 'MDA022',
  name: 'token-too-old',
  severity: 'warning',
  title: "A token is older than its policy's ttl.",
  help: 'It was created by hand or under another policy, with a longer lifetime than its policy gives now. A rotation creates a token with the ttl of the policy.',
  yieldsTo: ['MDA003', 'MDA004', 'MDA025'],
  *check({ accounts, now }) {
    for (const [account, token] of keptTokens(accounts)) {
      const { live, desired } = token;
      if (desired === undefined || desired.ttl === null) continue;
      const age = (now - live.createdAt) / 1000;
      if (age <= desired.ttl) continue;
      yield {
        ...aboutToken(account, token),
        message: `is ${describeSpan(age)} old, created ${showDay(live.createdAt)}, and policy ${desired.policy} gives ${formatDuration(desired.ttl)}`,
        fix: replaceHint(account, token),
      };
    }
  },
};
