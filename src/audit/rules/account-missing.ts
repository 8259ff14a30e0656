import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofAccount, operand } from '../wording.ts';

/** The only finding of such an account: its tokens are not missing too. One that was removed and is gone is as it should be. */
export const accountMissing: Rule = {
  id: 'MDA026',
  name: 'account-missing',
  severity: 'error',
  title: 'A configured account is not at MotherDuck.',
  help: 'Either the configuration was never applied, or somebody deleted the account, and with it all of its data. An apply makes it anew, empty.',
  *check({ accounts }) {
    for (const account of accounts) {
      const found = explain(account);
      if (found) yield { ...ofAccount(account), ...found };
    }
  },
};

function explain(account: AuditedAccount): { message: string; fix: string } | undefined {
  const { held, standing, obstacle } = account;
  if (obstacle?.is === 'person') {
    const message = "a person's user has its name at MotherDuck, so there is no such service account";
    if (standing === 'configured') return { message, fix: 'Choose another name for it in the configuration.' };
    return { message, fix: `Drop it from the state: mdacc state forget ${operand(account.username)}` };
  }
  if (obstacle?.is !== 'absent' || standing !== 'configured') return undefined;
  if (held === undefined || held.intent?.action === 'create_account') {
    return { message: 'in the configuration, and never made', fix: `Make it: ${applyTo(account)}` };
  }
  return {
    message: `someone deleted it: managed since ${held.since.slice(0, 10)}, and not at MotherDuck any more`,
    fix: `Make it anew, without its data: ${applyTo(account)}. Or take it out of the configuration.`,
  };
}
