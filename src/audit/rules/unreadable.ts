import { NEWER_VERSION } from '../../model/hints.ts';
import type { UserError } from '../../model/user-error.ts';
import { incompleteList, noticeText } from '../../wording/notices.ts';
import { aboutAccount, type Rule, type RuleFinding } from '../rule.ts';

/** The only finding of an account that cannot be read. */
export const unreadable: Rule = {
  id: 'MDA024',
  name: 'unreadable',
  severity: 'error',
  title: 'Something could not be read, so it was not checked.',
  help: 'The audit is incomplete. Fix the error, and run the audit again.',
  *check({ accounts, users, active, usage, unreadStates }) {
    for (const unread of unreadStates) {
      const { message, hint: fix } = noticeText({ kind: 'state_unread', ...unread });
      yield { message, fix };
    }
    if (!users.listed) {
      const message =
        'the users cannot be listed, so unmanaged accounts, roles and deprovisioned accounts are not checked';
      yield notRead(message, users.why);
    } else if (!users.complete) {
      yield {
        message: `${incompleteList({ listed: users.all.length, total: users.total ?? null })}, so some unmanaged accounts may not be reported`,
        fix: { text: 'It may have changed while it was read. Run the audit again.' },
      };
    }
    for (const account of accounts) {
      const { unreadableDucklings, unreadableTokens = [] } = account.live ?? {};
      if (unreadableDucklings) {
        yield { ...aboutAccount(account), ...notRead('its Ducklings could not be read', unreadableDucklings) };
      }
      for (const { id, name, why } of unreadableTokens) {
        const message = `its token ${name === '' ? id : `"${name}"`} could not be read: ${why}`;
        yield { ...aboutAccount(account), message, fix: { text: NEWER_VERSION } };
      }
      if (account.obstacle?.is !== 'unreadable') continue;
      yield { ...aboutAccount(account), ...notRead('it could not be read', account.obstacle.why) };
    }
    if (!active.ok) yield notRead('running Ducklings cannot be read', active.why);
    if (usage?.reading.ok === false) {
      yield notRead('queries cannot be read, so idle accounts are not reported', usage.reading.why);
    }
  },
};

function notRead(what: string, { message, hint }: UserError): RuleFinding {
  return { message: `${what}: ${message}`, fix: hint };
}
