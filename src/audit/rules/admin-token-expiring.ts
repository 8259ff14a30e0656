import { ADMIN_TOKEN_SOON } from '../../model/defaults.ts';
import { IN_WEB_UI } from '../../model/hints.ts';
import { describeSpan } from '../../model/time.ts';
import type { Rule } from '../rule.ts';

/** Only where its claims say when; MotherDuck refuses one that has expired. */
export const adminTokenExpiring: Rule = {
  id: 'MDA048',
  name: 'admin-token-expiring',
  severity: 'warning',
  title: 'The admin token expires soon.',
  help: 'Without an admin token, nothing is planned, applied or audited, and no token is rotated. Only the token that the audit itself uses is looked at, and only if it says when it expires.',
  isChecked: ({ adminToken }) => adminToken !== undefined,
  *check({ adminToken, now }) {
    if (adminToken === undefined) return;
    const left = Math.round((adminToken.expiresAt - now) / 1000);
    if (left >= ADMIN_TOKEN_SOON) return;
    yield {
      message: `the admin token in ${adminToken.source} expires in ${describeSpan(Math.max(left, 0))}`,
      fix: {
        text: `Create another one as an Admin ${IN_WEB_UI}, and put it wherever this one is, such as a secret of the pipeline.`,
      },
    };
  },
};
