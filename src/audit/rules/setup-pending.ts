import { planSetup } from '../../plan/setup.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutAccount, applyHint, type Rule, type RuleFinding } from '../rule.ts';

/** The statements that a plan would run. A setup that failed has a rule of its own. */
export const setupPending: Rule = {
  id: 'MDA044',
  name: 'setup-pending',
  severity: 'warning',
  title: "An account's setup is not applied yet.",
  help: 'The setup was added or changed, and no apply has run since, so databases and shares that the account needs may be missing. The next apply runs all of its statements.',
  *check({ accounts }) {
    for (const account of accounts) {
      const last = account.state?.setup;
      if (last?.passed === false || !isPending(account)) continue;
      const message =
        last === undefined
          ? 'its setup is not applied yet'
          : 'its setup has changed, and the change is not applied yet';
      yield { ...aboutSetup(account), message, fix: applyHint(account, 'Apply to run it.') };
    }
  },
};

/** Whether a plan would run the setup. */
export function isPending({ desired, state, live }: AuditedAccount): boolean {
  if (live === undefined || desired?.setup === undefined) return false;
  return planSetup(desired, state, false, desired.location.file).length > 0;
}

/** The account, and the first statement that is not as it last ran. */
export function aboutSetup(account: AuditedAccount): Pick<RuleFinding, 'account' | 'location'> {
  const { setup = [] } = account.desired ?? {};
  const changed = setup.find(({ hash }, index) => hash !== account.state?.setup?.statements[index]) ?? setup[0];
  return { ...aboutAccount(account), ...(changed ? { location: changed.location } : {}) };
}
