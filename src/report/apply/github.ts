/** The warnings of an apply as one annotation of GitHub Actions, since nobody reads the log of a successful nightly run. */

import type { Plan } from '../../model/plan.ts';
import { counted } from '../../model/wording.ts';
import { noticeText } from '../../plan/notice-text.ts';
import { githubCommand } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';

/** GitHub shows the beginning of an annotation, and all of it after a click. */
const MOST_SHOWN = 20;

/** The annotation; empty without warnings. */
export function warningsGithub({ warnings }: Pick<Plan, 'warnings'>, inContext: InContext = noContext): string {
  if (warnings.length === 0) return '';
  const said = warnings.slice(0, MOST_SHOWN).map((warning) => {
    const { subject, message, hint } = noticeText(warning);
    return `${subject === undefined ? '' : `${subject}: `}${message} (${hintText(hint, inContext)})`;
  });
  const more = warnings.length > MOST_SHOWN ? [`and ${warnings.length - MOST_SHOWN} more in the log`] : [];
  return githubCommand(
    'warning',
    { title: `motherduck-accounts: ${counted(warnings.length, 'warning')}` },
    [...said, ...more].join('\n'),
  );
}
