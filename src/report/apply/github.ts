/** The warnings of an apply as one annotation of GitHub Actions, since nobody reads the log of a successful nightly run. */

import type { Plan } from '../../model/plan.ts';
import { counted } from '../../model/wording.ts';
import { groupNotices } from '../../wording/notice-groups.ts';
import { githubCommand } from '../github-command.ts';
import { hintText, type InContext, noContext } from '../hint.ts';

/** The annotation; empty without warnings. */
export function warningsGithub({ warnings }: Pick<Plan, 'warnings'>, inContext: InContext = noContext): string {
  if (warnings.length === 0) return '';
  const said = groupNotices(warnings).map(({ subject, message, hint }) => {
    return `${subject === undefined ? '' : `${subject}: `}${message} (${hintText(hint, inContext)})`;
  });
  return githubCommand(
    'warning',
    { title: `motherduck-accounts: ${counted(said.length, 'warning')}` },
    said.join('\n'),
  );
}
