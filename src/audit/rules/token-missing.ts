import { aboutAccount, applyHint, type Rule } from '../rule.ts';

/** Not for a missing account, nor where an interrupted run left the token, nor for one that the next apply adopts. */
export const tokenMissing: Rule = {
  id: 'MDA027',
  name: 'token-missing',
  severity: 'error',
  title: 'A configured token is neither in the state nor at MotherDuck.',
  help: 'The configuration was changed and not applied, or the token has another name at MotherDuck (then set its "name").',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const { key, type, location } of account.missing) {
        yield {
          ...aboutAccount(account),
          token: key,
          message: `in the configuration (${type}), and not created yet`,
          fix: applyHint(account),
          location,
        };
      }
    }
  },
};
