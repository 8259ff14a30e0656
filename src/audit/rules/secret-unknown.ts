import { storesText } from '../../model/wording.ts';
import { aboutToken, type Rule } from '../rule.ts';

/** For live tokens that an apply or an import adopted. */
export const secretUnknown: Rule = {
  id: 'MDA021',
  name: 'secret-unknown',
  severity: 'note',
  title: 'A token was adopted, and no secret store has its secret.',
  help: 'MotherDuck shows a secret only once, when it creates the token. The first rotation puts a new secret into the store; until then, programs that already have the old one keep working.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        if (token.desired === undefined || token.record?.secret !== 'unknown') continue;
        yield {
          ...aboutToken(account, token),
          message: `was adopted, so ${storesText(token.desired.stores)} ${token.desired.stores.length === 1 ? 'does' : 'do'} not have its secret`,
          fix: { text: 'The next rotation stores one. Before it, let the programs that use it read that store.' },
        };
      }
    }
  },
};
