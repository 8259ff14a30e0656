import { defined } from '../../model/defined.ts';
import { wordedNotice } from '../../wording/notices.ts';
import { aboutAccount, applyHint, type Rule } from '../rule.ts';

/** One finding per key, in the words of the plan. No other rule then judges the newer token and the one that it replaced. */
export const olderState: Rule = {
  id: 'MDA043',
  name: 'older-state',
  severity: 'warning',
  title: 'MotherDuck has tokens that only a newer state knows.',
  help: 'Another run replaced tokens, and its state did not get here: a push was refused, or an older copy was restored. The tokens of these keys are not judged until the newest state is back, or an apply has adopted them.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const notice of account.newer) {
        const { message, hint } = wordedNotice(notice);
        const [name] = notice.names;
        const location = account.desired?.tokens.get(notice.token)?.location;
        yield {
          ...aboutAccount(account),
          ...defined({ token: name, location }),
          message,
          fix: hint ?? applyHint(account),
        };
      }
    }
  },
};
