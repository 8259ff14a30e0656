import { counted } from '../../model/wording.ts';
import { hasEnded, matcherOf, separateAccepted } from '../acceptance.ts';
import type { Rule } from '../rule.ts';

/** After its date, the findings that the entry accepted count again. */
export const acceptanceEnded: Rule = {
  id: 'MDA036',
  name: 'acceptance-ended',
  severity: 'warning',
  title: 'An entry of audit.accept has ended.',
  help: 'Findings were accepted until a day that has passed, and count again. Fix them and remove the entry, or give it another date.',
  afterOthers: true,
  *check({ desired, now }, { findings }) {
    // What another entry still accepts does not count.
    const { open } = separateAccepted(findings, desired.acceptances, now);
    for (const acceptance of desired.acceptances) {
      if (!hasEnded(acceptance, now)) continue;
      const { rule, reason, until, location } = acceptance;
      const count = open.filter(matcherOf(acceptance)).length;
      const again = count === 0 ? '' : `; ${counted(count, 'finding')} ${count === 1 ? 'counts' : 'count'} again`;
      yield {
        message: `${rule} was accepted until ${until} (${reason})${again}`,
        fix: { text: count === 0 ? 'Remove the entry.' : 'Fix the cause and remove the entry, or change its date.' },
        location,
      };
    }
  },
};
