import { aboutAccount, applyHint, type Rule } from '../rule.ts';

/** Compares the state alone, which protects an account whose block was removed. */
export const protectionDiffers: Rule = {
  id: 'MDA029',
  name: 'protection-differs',
  severity: 'warning',
  title: "An account's deletion protection in the state differs from the configuration.",
  help: 'The state holds the protection from the last apply, which counts once the account is removed from the configuration. A changed protection has no effect until you apply it.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.live === undefined || account.protection === undefined) continue;
      const { before, after } = account.protection;
      yield {
        ...aboutAccount(account),
        message: `deletion_protection is ${before} in the state, the configuration says ${after}`,
        fix: applyHint(account),
      };
    }
  },
};
