import { showTime } from '../../model/instant.ts';
import type { Rule } from '../rule.ts';
import { ofAccount, word } from '../wording.ts';

export const smokeFailed: Rule = {
  id: 'MDA018',
  name: 'smoke-failed',
  severity: 'error',
  title: "An account's last smoke test failed.",
  help: 'It could not connect, or did not find what it should. Tokens that were replaced meanwhile live on until a test passes.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { want, held, live } = account;
      if (live === undefined || want === undefined || want.smoke === false || held?.smoke?.passed !== false) continue;
      yield {
        ...ofAccount(account),
        message: `its last smoke test failed, ${showTime(Date.parse(held.smoke.at))}`,
        fix: `See why: mdacc smoke --only ${word(account.username)}`,
      };
    }
  },
};
