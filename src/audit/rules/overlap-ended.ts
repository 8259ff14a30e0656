import { describeSpan } from '../../model/duration.ts';
import { showTime } from '../../model/instant.ts';
import { PATIENCE_MS } from '../patience.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofToken } from '../wording.ts';

/** Of accounts that left the configuration, too: an apply revokes it there as well. */
export const overlapEnded: Rule = {
  id: 'MDA030',
  name: 'overlap-ended',
  severity: 'error',
  title: 'A replaced token still lives, more than 2 days after its overlap has ended.',
  help: 'Applies do not run, or fail: whoever has the old secret still gets in. Have mdacc apply run every night, and look at what the last one said.',
  *check({ accounts, now }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { planned, retireAt } = token;
        if (planned?.action !== 'revoke_token' || planned.cause !== 'overlap_ended' || retireAt === undefined) continue;
        if (now - retireAt <= PATIENCE_MS) continue;
        yield {
          ...ofToken(account, token),
          message: `was replaced, and its overlap ended ${showTime(retireAt)}, ${describeSpan((now - retireAt) / 1000)} ago; it still opens the account`,
          fix: `Revoke it: ${applyTo(account)}. Then have mdacc apply run every night.`,
        };
      }
    }
  },
};
