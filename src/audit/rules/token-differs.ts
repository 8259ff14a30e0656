import { atLine } from '../../plan/reasons.ts';
import { differs } from '../lasting.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofToken } from '../wording.ts';

/** By the plan's own comparison and in its words. Its life is then not judged, except that its rotation may be overdue. */
export const tokenDiffers: Rule = {
  id: 'MDA028',
  name: 'token-differs',
  severity: 'error',
  title: 'A token is not what the configuration says.',
  help: 'The type, the name, the life or the place of the secret was changed in the configuration, and no apply followed: programs go on with a token that was reviewed away. Such a token is replaced, and lives on for its overlap.',
  yieldsTo: ['MDA025'],
  *check({ accounts, desired }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { want, planned } = token;
        if (want === undefined || planned === undefined || !differs(token)) continue;
        const secretPath = `, ${atLine(want.location, desired.file)}`;
        const change = planned.reason.endsWith(secretPath)
          ? planned.reason.slice(0, -secretPath.length)
          : planned.reason;
        yield {
          ...ofToken(account, token),
          message: `is not as configured: ${change}`,
          fix: `Replace it: ${applyTo(account)}. Or change the configuration back.`,
        };
      }
    }
  },
};
