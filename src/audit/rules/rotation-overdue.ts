import { rotationDue } from '../../model/rotation-due.ts';
import { describeSpan, showDay } from '../../model/time.ts';
import { aboutToken, applyHint, OVERDUE_AFTER_MS, type Rule } from '../rule.ts';

/** For live tokens; an expired one has a rule of its own. A rotation may be late by half of its margin at most. */
export const rotationOverdue: Rule = {
  id: 'MDA025',
  name: 'rotation-overdue',
  severity: 'error',
  title: 'A rotation has been due for more than 2 days, or for half of rotate_before.',
  help: 'Applies do not run, or fail, and the token will expire. Run mdacc apply every night, and check the output of the last run.',
  *check({ accounts, now }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { live, desired, record } = token;
        const due = desired && rotationDue(desired, live, record?.ttl);
        if (desired === undefined || live.expiresAt === null || due === undefined || due === null) continue;
        if (now - due <= Math.min(OVERDUE_AFTER_MS, (live.expiresAt - due) / 2)) continue;
        const left = describeSpan((live.expiresAt - now) / 1000);
        yield {
          ...aboutToken(account, token),
          message: `has been due for rotation since ${showDay(due)} by policy ${desired.policy}, and expires in ${left}, ${showDay(live.expiresAt)}`,
          fix: applyHint(account, 'Schedule mdacc apply every night, and rotate now.'),
        };
      }
    }
  },
};
