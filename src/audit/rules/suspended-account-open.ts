import { aboutToken, applyHint, type Rule, revokeHint } from '../rule.ts';

/** Managed tokens, which the next apply revokes, and others. */
export const suspendedAccountOpen: Rule = {
  id: 'MDA042',
  name: 'suspended-account-open',
  severity: 'error',
  title: 'A suspended account has a live token.',
  help: 'Whoever has the token can still connect. The next apply revokes the tokens that mdacc manages; revoke the others at MotherDuck.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (!account.desired?.suspended) continue;
      for (const token of account.tokens) {
        if (token.role === 'reserved') continue;
        const isManaged = token.planned !== undefined;
        yield {
          ...aboutToken(account, token),
          message: `is live, and its account is suspended${isManaged ? '' : '; it is unmanaged'}`,
          fix: isManaged ? applyHint(account, 'Apply to revoke.') : revokeHint(token, 'Revoke it at MotherDuck.'),
          location: account.desired.suspended.location,
        };
      }
    }
  },
};
