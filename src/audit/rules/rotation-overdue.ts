import { describeSpan } from '../../model/duration.ts';
import { rotationMargin } from '../../plan/token-reasons.ts';
import { PATIENCE_MS } from '../patience.ts';
import type { Rule } from '../rule.ts';
import { applyTo, day, ofToken } from '../wording.ts';

/** While the token lives; an expired one is found as that. Half of the time that its policy gives for a rotation is waited at most. */
export const rotationOverdue: Rule = {
  id: 'MDA025',
  name: 'rotation-overdue',
  severity: 'error',
  title: 'A rotation has been due for more than 2 days, or for half of rotate_before.',
  help: 'Applies do not run, or fail, and the token will expire. Have mdacc apply run every night, and look at what the last one said.',
  *check({ accounts, now }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { live, want, record } = token;
        if (want === undefined || live.expiresAt === null) continue;
        const margin = rotationMargin(want, live, record?.ttl);
        const due = live.expiresAt - margin;
        if (now - due <= Math.min(PATIENCE_MS, margin / 2)) continue;
        const left = describeSpan((live.expiresAt - now) / 1000);
        yield {
          ...ofToken(account, token),
          message: `is due for rotation since ${day(due)} by policy ${want.policy}, and expires in ${left}, ${day(live.expiresAt)}`,
          fix: `Rotate it: ${applyTo(account)}. Then have mdacc apply run every night.`,
        };
      }
    }
  },
};
