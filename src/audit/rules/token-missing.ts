import type { Rule } from '../rule.ts';
import { applyTo, ofAccount } from '../wording.ts';

/** Not for a missing account, nor where an interrupted run left the token, nor one that the next apply adopts. */
export const tokenMissing: Rule = {
  id: 'MDA027',
  name: 'token-missing',
  severity: 'error',
  title: 'A configured token is neither in the state nor at MotherDuck.',
  help: 'The configuration was changed and not applied, or the token is called otherwise at MotherDuck (give it a "name" then).',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const { key, type, location } of account.missing) {
        yield {
          ...ofAccount(account),
          token: key,
          message: `in the configuration (${type}), and not made yet`,
          fix: `Make it: ${applyTo(account)}`,
          location,
        };
      }
    }
  },
};
