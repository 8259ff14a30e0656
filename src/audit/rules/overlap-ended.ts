import { describeSpan, showTime } from '../../model/time.ts';
import { noticeText } from '../../wording/notices.ts';
import { reasonText } from '../../wording/reasons.ts';
import { whyHeld } from '../../wording/token-warnings.ts';
import { aboutToken, applyHint, OVERDUE_AFTER_MS, type Rule, revokeOldHint } from '../rule.ts';

/** Covers accounts that were removed from the configuration: an apply revokes such tokens there too. */
export const overlapEnded: Rule = {
  id: 'MDA030',
  name: 'overlap-ended',
  severity: 'error',
  title: 'A token is still live that was to be revoked: 2 days ago when its overlap ended, or at once.',
  help: 'Applies do not run, or fail, and the old secret still gives access. Run mdacc apply every night, and check the output of the last run.',
  *check({ accounts, now }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { planned, retireAt, requestedAt, held } = token;
        if (planned?.action === 'revoke_token' && planned.reason.kind === 'requested') {
          yield { ...aboutToken(account, token), message: reasonText(planned), fix: applyHint(account) };
          continue;
        }
        if (planned === undefined && requestedAt !== undefined) {
          const message = `was to be revoked at once (requested ${showTime(requestedAt)}), and its replacement is not verified; it still gives access`;
          yield { ...aboutToken(account, token), message, fix: revokeOldHint(account, token) };
          continue;
        }
        const isPlanned = planned?.action === 'revoke_token' && planned.reason.kind === 'overlap_ended';
        if (retireAt === undefined || (!isPlanned && held === undefined)) continue;
        if (now - retireAt <= OVERDUE_AFTER_MS) continue;
        const [why, fix] =
          held === undefined
            ? ['', applyHint(account, 'Schedule mdacc apply every night, and revoke now.')]
            : [`, since ${whyHeld(held)}`, noticeText(held).hint];
        yield {
          ...aboutToken(account, token),
          message: `was replaced, and its overlap ended ${showTime(retireAt)}, ${describeSpan((now - retireAt) / 1000)} ago; it still gives access${why}`,
          fix,
        };
      }
    }
  },
};
