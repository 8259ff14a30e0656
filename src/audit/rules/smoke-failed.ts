import { showTime } from '../../model/time.ts';
import { aboutAccount, type Rule, smokeHint } from '../rule.ts';

export const smokeFailed: Rule = {
  id: 'MDA018',
  name: 'smoke-failed',
  severity: 'error',
  title: "An account's last smoke test failed.",
  help: 'The account could not connect, or a check failed. A token that was replaced stays live until the new one connects; after that it is revoked at the end of its overlap, also while a query fails.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { desired, state, live } = account;
      if (live === undefined || desired === undefined || desired.smoke === false || state?.smoke?.passed !== false) {
        continue;
      }
      yield {
        ...aboutAccount(account),
        message: `its last smoke test failed, ${showTime(Date.parse(state.smoke.at))}`,
        fix: smokeHint(account, 'Run the smoke test again to see the cause.'),
      };
    }
  },
};
