import type { Ducklings, Size } from '../../model/ducklings.ts';
import type { Hint } from '../../model/user-error.ts';
import type { AuditedAccount } from '../account.ts';
import { aboutAccount, applyHint, importAccountHint, type Rule, restoreOrDeleteHint } from '../rule.ts';

/** Not where the next apply changes that size, which ducklings-differ reports; nor for an empty pool. */
export const sizeNotAllowed: Rule = {
  id: 'MDA011',
  name: 'size-not-allowed',
  severity: 'error',
  title: 'A Duckling has a size that guardrails.allowed_sizes does not allow.',
  help: 'The guardrail keeps such sizes out of the configuration, but not out of accounts whose Ducklings are unmanaged. A large Duckling costs many times what a small one does.',
  *check({ accounts, desired }) {
    const allowed = desired.guardrails.allowedSizes;
    if (allowed === undefined) return;
    for (const account of accounts) {
      const sizes = unchangedSizes(account).filter(([, size]) => !allowed.includes(size));
      if (sizes.length === 0) continue;
      const list = sizes.map(([what, size]) => `${what} is ${size}`).join(', ');
      yield {
        ...aboutAccount(account),
        message: `${list}, and guardrails.allowed_sizes has ${allowed.join(', ') || 'none'}`,
        fix: fixFor(account),
      };
    }
  },
};

/** The sizes that the next apply does not change. */
function unchangedSizes({ ducklings }: AuditedAccount): [what: string, size: Size][] {
  if (ducklings === undefined) return [];
  const { live, desired } = ducklings;
  const stays = (kind: keyof Ducklings) => live[kind].size === desired[kind].size;
  return [
    ...(stays('read_write') ? [['the read/write size', live.read_write.size] as [string, Size]] : []),
    ...(stays('read_scaling') && live.read_scaling.pool_size > 0
      ? [['the read scaling size', live.read_scaling.size] as [string, Size]]
      : []),
  ];
}

function fixFor(account: AuditedAccount): Hint {
  if (account.standing === 'retained') return restoreOrDeleteHint(account);
  if (account.standing === 'configured')
    return applyHint(account, 'Set an allowed size under "ducklings", then apply.');
  if (account.whyNotImported !== undefined) return { text: 'Make it smaller at MotherDuck.' };
  return importAccountHint(account, 'Choose a smaller size at MotherDuck, or adopt and set "ducklings".');
}
