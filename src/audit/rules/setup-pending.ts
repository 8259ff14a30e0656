import { showTime } from '../../model/time.ts';
import { planSetup } from '../../plan/setup.ts';
import { aboutAccount, apply, type Rule } from '../rule.ts';

/** What a plan would run. */
export const setupPending: Rule = {
  id: 'MDA044',
  name: 'setup-pending',
  severity: 'error',
  title: "An account's setup failed, or has not run as the configuration says.",
  help: 'Databases and shares that the account needs may be missing. The next apply runs all statements of the setup.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { desired, state, live } = account;
      if (live === undefined || desired?.setup === undefined) continue;
      if (planSetup(desired, state, false, desired.location.file).length === 0) continue;
      const last = state?.setup;
      const changed = desired.setup.find(({ hash }, index) => hash !== last?.statements[index]) ?? desired.setup[0];
      const message =
        last === undefined
          ? 'its setup has not run'
          : last.passed
            ? 'its setup has changed, and has not run since'
            : `its setup failed, ${showTime(Date.parse(last.at))}`;
      const fix = apply(
        account,
        last?.passed === false ? 'Apply to run it again, and see the cause.' : 'Apply to run it.',
      );
      yield { ...aboutAccount(account), message, fix, ...(changed ? { location: changed.location } : {}) };
    }
  },
};
