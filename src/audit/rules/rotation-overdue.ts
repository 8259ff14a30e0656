import { describeSpan } from '../../model/duration.ts';
import { rotationMargin } from '../../plan/token-reasons.ts';
import type { Rule } from '../rule.ts';
import { applyTo, day, ofToken } from '../wording.ts';

/** Two nights: one apply may fail, and a person may mend it. */
const PATIENCE_MS = 2 * 86_400_000;

/** While the token lives; an expired one is found as that. */
export const rotationOverdue: Rule = {
  id: 'MDA025',
  name: 'rotation-overdue',
  severity: 'error',
  title: 'A rotation has been due for more than 2 days.',
  help: 'Applies do not run, or fail, and the token will expire. Have mdacc apply run every night, and look at what the last one said.',
  *check({ accounts, now }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { live, want, record } = token;
        if (want === undefined || live.expiresAt === null) continue;
        const due = live.expiresAt - rotationMargin(want, live, record?.ttl);
        if (now - due <= PATIENCE_MS) continue;
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
