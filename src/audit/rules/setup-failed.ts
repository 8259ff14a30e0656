import { showTime } from '../../model/time.ts';
import { applyHint, type Rule } from '../rule.ts';
import { aboutSetup, isPending } from './setup-pending.ts';

/** Until it has run, whatever was changed since. */
export const setupFailed: Rule = {
  id: 'MDA047',
  name: 'setup-failed',
  severity: 'error',
  title: "An account's setup failed, or was interrupted.",
  help: 'Databases and shares that the account needs may be missing. The next apply runs all statements of the setup, and shows the cause.',
  *check({ accounts }) {
    for (const account of accounts) {
      const last = account.state?.setup;
      if (last?.passed !== false || !isPending(account)) continue;
      yield {
        ...aboutSetup(account),
        message: `its setup failed or was interrupted, ${showTime(Date.parse(last.at))}`,
        fix: applyHint(account, 'Apply to run it again, and see the cause.'),
      };
    }
  },
};
