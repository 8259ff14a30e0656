import { shorterLife } from '../../plan/token-warnings.ts';
import { noticeText } from '../../wording/notices.ts';
import { keptTokens } from '../account.ts';
import { aboutToken, type Rule } from '../rule.ts';

/** The same tokens that a plan warns of. A token that is replaced because it differs from the configuration has a rule of its own. */
export const lifeShortened: Rule = {
  id: 'MDA046',
  name: 'life-shortened',
  severity: 'warning',
  title: 'MotherDuck gave a token less life than requested.',
  help: 'The organization may limit lifetimes. The token is rotated after half of its life at the latest, so applies have to run more often than its rotate_before says. Set a ttl that MotherDuck gives, or have the limit raised.',
  yieldsTo: ['MDA028'],
  *check({ accounts }) {
    for (const [account, token] of keptTokens(accounts)) {
      const { live, desired, record } = token;
      const found = desired === undefined ? [] : shorterLife(desired, record?.ttl, live, account.username);
      for (const { message, hint } of found.map(noticeText))
        yield { ...aboutToken(account, token), message, fix: hint };
    }
  },
};
