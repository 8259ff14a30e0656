import type { Rule } from '../rule.ts';
import { ofAccount, word } from '../wording.ts';

/** For accounts that an apply took in; not with `smoke: false`, nor while the account's creation has not come to its end. */
export const neverSmokeTested: Rule = {
  id: 'MDA017',
  name: 'never-smoke-tested',
  severity: 'note',
  title: 'An account was never seen to connect.',
  help: 'That a token exists does not mean that it works. A smoke test connects as the account and costs a minute of its Duckling.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { want, held, live } = account;
      if (live === undefined || want === undefined || held === undefined) continue;
      if (want.smoke === false || held.smoke !== undefined || held.intent !== undefined) continue;
      yield {
        ...ofAccount(account),
        message: `managed since ${held.since.slice(0, 10)}, and never smoke-tested`,
        fix: `Test it: mdacc smoke --only ${word(account.username)}`,
      };
    }
  },
};
