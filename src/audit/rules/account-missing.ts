import { showDay } from '../../model/time.ts';
import { isNewUsername, renameAdvice } from '../../model/username.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutAccount, applyHint, forgetHint, type Rule, type RuleFinding } from '../rule.ts';

/** The only finding of such an account: its tokens are not reported as missing too. A removed account that is gone is fine. */
export const accountMissing: Rule = {
  id: 'MDA026',
  name: 'account-missing',
  severity: 'error',
  title: 'A configured account does not exist at MotherDuck.',
  help: 'Either the configuration was never applied, or somebody deleted the account and all of its data. The next apply creates an empty account.',
  *check({ accounts }) {
    for (const account of accounts) {
      const found = explain(account);
      if (found) yield { ...aboutAccount(account), ...found };
    }
  },
};

function explain(account: AuditedAccount): Pick<RuleFinding, 'message' | 'fix'> | undefined {
  const { state, standing, obstacle } = account;
  if (obstacle?.is === 'person') {
    const message = "its name belongs to a person's user at MotherDuck, so there is no such service account";
    const rename = { text: 'Choose another name for it in the configuration.' };
    return {
      message,
      fix: standing === 'configured' ? rename : forgetHint(account.username, 'Remove it from the state.'),
    };
  }
  if (obstacle?.is !== 'absent' || standing !== 'configured') return undefined;
  if (state === undefined || state.intent?.action === 'create_account') {
    return { message: 'in the configuration, and not created yet', fix: create(account) };
  }
  if (state.intent?.action === 'delete_account') {
    return {
      message: `deleted with mdacc on ${showDay(Date.parse(state.intent.at))}, in a run that did not end`,
      fix: {
        text: 'Destroy it again, or apply to create it again without data.',
        command: ['destroy', '--only', account.username],
      },
    };
  }
  return {
    message: `deleted outside of mdacc: managed since ${showDay(Date.parse(state.since))}, and no longer at MotherDuck`,
    fix: create(account, 'Remove from the configuration, or apply to create again without data.'),
  };
}

/** An apply, unless it would refuse the name. */
function create(account: AuditedAccount, text?: string): RuleFinding['fix'] {
  if (isNewUsername(account.username)) return applyHint(account, text);
  return { text: `No account of that name can be created. ${renameAdvice(account.username)}` };
}
