import { describeSpan, formatDuration } from '../../model/duration.ts';
import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import { day, ofAccount, putBackOrDelete, takeOutAndDelete } from '../wording.ts';

/** With --usage. An account that is younger than the time in question, by the state or its oldest token, is not idle. */
export const accountIdle: Rule = {
  id: 'MDA023',
  name: 'account-idle',
  severity: 'warning',
  title: 'An account has run no query for a long time.',
  help: 'Tokens of an account that nobody needs are open doors that nobody watches. Found with --usage; --idle says how long is long.',
  *check({ accounts, usage, now }) {
    if (!usage?.reading.ok) return;
    for (const account of accounts) {
      if (account.live === undefined) continue;
      const last = usage.reading.lastQueryAt.get(account.key);
      const since = last ?? begun(account);
      if (since !== undefined && now - since < usage.idleSeconds * 1000) continue;
      yield { ...ofAccount(account), message: said(last, since, usage.idleSeconds, now), fix: howToEnd(account) };
    }
  },
};

/** The earliest time at which the account is known to have been there. */
function begun({ held, tokens }: AuditedAccount): number | undefined {
  const times = tokens.map(({ live }) => live.createdAt);
  if (held) times.push(Date.parse(held.since));
  return times.length === 0 ? undefined : Math.min(...times);
}

function said(last: number | undefined, since: number | undefined, idle: number, now: number): string {
  const limit = `--idle is ${formatDuration(idle)}`;
  if (last !== undefined) return `its last query was ${day(last)}, ${describeSpan((now - last) / 1000)} ago; ${limit}`;
  const there = since === undefined ? '' : `, and it is there since ${day(since)}`;
  return `no query of it is known${there}; ${limit}`;
}

function howToEnd(account: AuditedAccount): string {
  const { standing } = account;
  if (standing === 'removed') return putBackOrDelete(account);
  if (standing === 'unmanaged') return 'When nobody needs it, delete it at MotherDuck; else name it under "ignore".';
  return `When nobody needs it: ${takeOutAndDelete(account)}`;
}
