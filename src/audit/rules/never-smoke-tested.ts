import { showDay } from '../../model/time.ts';
import { aboutAccount, type Rule, smokeHint } from '../rule.ts';

/** For accounts in the state; not with `smoke: false`, nor while their creation is unfinished. */
export const neverSmokeTested: Rule = {
  id: 'MDA017',
  name: 'never-smoke-tested',
  severity: 'note',
  title: 'An account was never smoke-tested.',
  help: 'That a token exists does not mean that it works. A smoke test connects as the account and costs about a minute of its Duckling.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { desired, state, live } = account;
      if (live === undefined || desired === undefined || state === undefined) continue;
      if (desired.smoke === false || state.smoke !== undefined || state.intent !== undefined) continue;
      yield {
        ...aboutAccount(account),
        message: `managed since ${showDay(Date.parse(state.since))}, and never smoke-tested`,
        fix: smokeHint(account, 'Run the smoke test, which costs a minute of each Duckling.'),
      };
    }
  },
};
