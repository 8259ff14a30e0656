import type { Rule } from '../rule.ts';
import { howToReplace, ofToken } from '../wording.ts';

/** For live tokens that an apply or an import has adopted. */
export const secretUnknown: Rule = {
  id: 'MDA021',
  name: 'secret-unknown',
  severity: 'note',
  title: 'A token was adopted, and its secret is unknown here.',
  help: 'MotherDuck shows a secret once, so no store has it. The first rotation puts a new one into the store; until then the programs that have it go on.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        if (token.want === undefined || token.record?.secret !== 'unknown') continue;
        yield {
          ...ofToken(account, token),
          message: `was adopted, so the secret store ${token.want.store} does not have its secret`,
          fix: `${howToReplace(account, token)}, which stores the new secret`,
        };
      }
    }
  },
};
