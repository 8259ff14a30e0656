import type { Hint } from '../../model/user-error.ts';
import { counted } from '../../model/wording.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutAccount, forgetHint, INIT_HINT, importAccountHint, type Rule } from '../rule.ts';

/** Its tokens are not reported one by one as unmanaged. */
export const unmanagedAccount: Rule = {
  id: 'MDA001',
  name: 'unmanaged-account',
  severity: 'warning',
  title: 'A service account is not in the configuration.',
  help: 'Nobody reviews its compute, and nothing rotates its tokens. Adopt it with mdacc import, delete it at MotherDuck, or list it under "ignore" if another team manages it.',
  isChecked: ({ unconfigured }) => !unconfigured,
  *check({ accounts, unconfigured }) {
    if (unconfigured) return;
    for (const account of accounts) {
      if (account.standing !== 'unmanaged' || account.live === undefined) continue;
      yield {
        ...aboutAccount(account),
        message: `not in the configuration: ${[counted(account.tokens.length, 'token'), ...describe(account)].join(', ')}`,
        fix: fixFor(account),
      };
    }
  },
};

function fixFor(account: AuditedAccount): Hint {
  const { username, whyNotImported } = account;
  switch (whyNotImported) {
    case undefined:
      return importAccountHint(account, 'Delete at MotherDuck, list under "ignore", or adopt.');
    case 'in_state':
      return forgetHint(
        username,
        'The state has a deleted account of its name. Remove that from the state, then import.',
      );
    case 'unusable_name':
      return {
        text: 'Its name is not valid in the configuration: delete it at MotherDuck, or list it under "ignore".',
      };
    case 'unconfigured':
      return INIT_HINT;
    default:
      return whyNotImported satisfies never;
  }
}

function describe({ ducklings }: AuditedAccount): string[] {
  if (ducklings === undefined) return [];
  const { read_write, read_scaling } = ducklings.live;
  return [`read/write ${read_write.size}`, `pool ${read_scaling.size} x${read_scaling.pool_size}`];
}
