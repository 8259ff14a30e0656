import type { UserError } from '../../model/user-error.ts';
import type { Found, Rule } from '../rule.ts';
import { ofAccount } from '../wording.ts';

/** The only finding of an account that cannot be read. */
export const unreadable: Rule = {
  id: 'MDA024',
  name: 'unreadable',
  severity: 'error',
  title: 'Something could not be read, so it was not judged.',
  help: 'What an audit did not see it cannot vouch for. Mend what kept it from being read, and run the audit again.',
  *check({ accounts, users, active, usage }) {
    if (!users.listed) {
      yield blind(
        'the users cannot be listed, so unmanaged accounts, roles and deprovisioned accounts are not seen',
        users.why,
      );
    } else if (!users.complete) {
      yield {
        message: 'the list of users is not complete, so there may be unmanaged accounts that are not seen',
        fix: 'It may have changed while it was read: run the audit again.',
      };
    }
    for (const account of accounts) {
      if (account.obstacle?.is !== 'unreadable') continue;
      yield { ...ofAccount(account), ...blind('it could not be read', account.obstacle.why) };
    }
    if (!active.ok) yield blind('which Ducklings run cannot be read', active.why);
    if (usage?.reading.ok === false)
      yield blind('queries cannot be read, so idle accounts are not seen', usage.reading.why);
  },
};

function blind(what: string, { message, hint }: UserError): Found {
  return { message: `${what}: ${message}`, fix: hint.text };
}
