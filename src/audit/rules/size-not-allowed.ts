import type { Ducklings, Size } from '../../model/ducklings.ts';
import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofAccount, operand, putBackOrDelete } from '../wording.ts';

/** Not where the next apply changes that very size, which is a difference; nor for a pool of nobody. */
export const sizeNotAllowed: Rule = {
  id: 'MDA011',
  name: 'size-not-allowed',
  severity: 'error',
  title: 'A Duckling has a size that guardrails.allowed_sizes does not allow.',
  help: 'The guardrail keeps such sizes out of the configuration, but not out of accounts whose Ducklings it does not manage. A large Duckling costs many times what a small one does.',
  *check({ accounts, desired }) {
    const allowed = desired.guardrails.allowedSizes;
    if (allowed === undefined) return;
    for (const account of accounts) {
      const sizes = lastingSizes(account).filter(([, size]) => !allowed.includes(size));
      if (sizes.length === 0) continue;
      const said = sizes.map(([what, size]) => `${what} is ${size}`).join(', ');
      yield {
        ...ofAccount(account),
        message: `${said}, and guardrails.allowed_sizes has ${allowed.join(', ') || 'none'}`,
        fix: howToMend(account),
      };
    }
  },
};

function lastingSizes({ ducklings }: AuditedAccount): [what: string, size: Size][] {
  if (ducklings === undefined) return [];
  const { live, wanted } = ducklings;
  const stays = (kind: keyof Ducklings) => live[kind].size === wanted[kind].size;
  return [
    ...(stays('read_write') ? [['the read/write size', live.read_write.size] as [string, Size]] : []),
    ...(stays('read_scaling') && live.read_scaling.pool_size > 0
      ? [['the read scaling size', live.read_scaling.size] as [string, Size]]
      : []),
  ];
}

function howToMend(account: AuditedAccount): string {
  if (account.standing === 'removed') return putBackOrDelete(account);
  if (account.standing === 'configured') return `Give it "ducklings" in the configuration, then: ${applyTo(account)}`;
  if (account.whyNotImported !== undefined) return 'Make it smaller at MotherDuck.';
  return `Make it smaller at MotherDuck, or adopt it and give it "ducklings": mdacc import ${operand(account.username)}`;
}
