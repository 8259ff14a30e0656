/** Reads a saved plan for the commands that take one. */
import { readText, whyUnreadable } from '../files/read-text.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';

/**
 * Reads the text of a plan file.
 *
 * @param accounts Those of the configuration, by `accountKey`: whoever names one wants `--only`.
 * @throws UserError PLAN_INVALID
 */
export async function readPlanFile(file: string, accounts: ReadonlyMap<string, unknown> = new Map()): Promise<string> {
  let cause: unknown;
  try {
    const text = await readText(file);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  const hint = accounts.has(accountKey(file))
    ? { text: 'To apply only this account, name it with --only.', command: ['apply', '--only', file] }
    : { text: 'Save one.', command: ['plan', '--out', cause === undefined ? file : 'today.plan'] };
  const why = cause === undefined ? 'it does not exist' : whyUnreadable(cause);
  throw new UserError('PLAN_INVALID', `the plan file ${file} cannot be read: ${why}`, hint, { cause });
}
