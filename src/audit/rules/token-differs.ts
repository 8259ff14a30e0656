import { atLine } from '../../plan/reasons.ts';
import { apply } from '../fixes.ts';
import { aboutToken, type Rule } from '../rule.ts';
import { isToBeReplaced } from '../tokens.ts';

/** Compares as a plan does. Its lifetime is then not judged, except that its rotation may be overdue. */
export const tokenDiffers: Rule = {
  id: 'MDA028',
  name: 'token-differs',
  severity: 'error',
  title: 'A token differs from the configuration.',
  help: 'Its type, name, ttl or secret path was changed in the configuration and not applied, so programs still use the previous token. The next apply replaces it, and it stays live for its overlap.',
  yieldsTo: ['MDA025'],
  *check({ accounts, desired: { file } }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { desired, planned } = token;
        if (desired === undefined || planned === undefined || !isToBeReplaced(token)) continue;
        const suffix = `, ${atLine(desired.location, file)}`;
        const change = planned.reason.endsWith(suffix) ? planned.reason.slice(0, -suffix.length) : planned.reason;
        yield {
          ...aboutToken(account, token),
          message: `differs from the configuration: ${change}`,
          fix: apply(account, 'Change the configuration back, or apply it.'),
        };
      }
    }
  },
};
