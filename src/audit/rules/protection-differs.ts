import type { Rule } from '../rule.ts';
import { applyTo, ofAccount } from '../wording.ts';

/** Of the state alone: it is what protects an account whose block is gone. */
export const protectionDiffers: Rule = {
  id: 'MDA029',
  name: 'protection-differs',
  severity: 'warning',
  title: "An account's deletion protection is not what the configuration says.",
  help: 'The state remembers the protection from the last apply, and goes by it once the account has left the configuration. Until an apply, what was reviewed does not hold.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.live === undefined || account.protection === undefined) continue;
      const { before, after } = account.protection;
      yield {
        ...ofAccount(account),
        message: `deletion_protection is ${before} in the state, the configuration says ${after}`,
        fix: `Remember it as configured: ${applyTo(account)}`,
      };
    }
  },
};
