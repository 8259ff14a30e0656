import { tokenChangeText } from '../../wording/reasons.ts';
import { aboutToken, applyHint, type Rule } from '../rule.ts';
import { changeOf } from '../tokens.ts';

/** Compares as a plan does. Its lifetime is then not judged, except that its rotation may be overdue. */
export const tokenDiffers: Rule = {
  id: 'MDA028',
  name: 'token-differs',
  severity: 'error',
  title: 'A token differs from the configuration.',
  help: 'Its type, name, ttl or secret path was changed in the configuration and not applied, so programs still use the previous token. The next apply replaces it, and it stays live for its overlap.',
  yieldsTo: ['MDA025'],
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const change = changeOf(token);
        if (token.desired === undefined || change === undefined) continue;
        yield {
          ...aboutToken(account, token),
          message: `differs from the configuration: ${tokenChangeText(change)}`,
          fix: applyHint(account, 'Change the configuration back, or apply it.'),
        };
      }
    }
  },
};
