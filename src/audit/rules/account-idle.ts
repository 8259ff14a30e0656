import { describeSpan, formatDuration, showDay } from '../../model/time.ts';
import type { Hint } from '../../model/user-error.ts';
import { type AuditedAccount, firstSeen } from '../account.ts';
import { aboutAccount, type Rule, removeAndDeleteHint, restoreOrDeleteHint } from '../rule.ts';

/** With --usage. An account that is younger than --idle, by the state or by its oldest token, is not idle, and a suspended one has no queries to run. */
export const accountIdle: Rule = {
  id: 'MDA023',
  name: 'account-idle',
  severity: 'warning',
  title: 'An account has not run a query for a long time.',
  help: 'The tokens of an account that nobody needs still give access, and nobody notices their use. Reported with --usage; --idle sets the time.',
  isChecked: ({ usage }) => usage?.reading.ok === true,
  *check({ accounts, usage, now }) {
    if (!usage?.reading.ok) return;
    for (const account of accounts) {
      if (account.live === undefined || account.desired?.suspended) continue;
      const last = usage.reading.lastQueryAt.get(account.key);
      const since = last ?? firstSeen(account);
      if (since !== undefined && now - since < usage.idleSeconds * 1000) continue;
      yield { ...aboutAccount(account), message: describe(last, since, usage.idleSeconds, now), fix: fixFor(account) };
    }
  },
};

function describe(last: number | undefined, since: number | undefined, idle: number, now: number): string {
  const limit = `--idle is ${formatDuration(idle)}`;
  if (last !== undefined)
    return `its last query was ${showDay(last)}, ${describeSpan((now - last) / 1000)} ago; ${limit}`;
  const age = since === undefined ? '' : `, and it has existed since ${showDay(since)}`;
  return `has no recorded query${age}; ${limit}`;
}

function fixFor(account: AuditedAccount): Hint {
  const { standing } = account;
  if (standing === 'retained') return restoreOrDeleteHint(account);
  if (standing === 'configured') return removeAndDeleteHint(account);
  if (account.whyNotImported === 'unconfigured') return { text: 'Delete it at MotherDuck if nobody needs it.' };
  return { text: 'Delete it at MotherDuck if nobody needs it, or list it under "ignore".' };
}
