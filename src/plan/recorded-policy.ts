/** The policy of a token in the state: that of the last apply that was not scheduled. */
import { defined } from '../model/defined.ts';
import type { DesiredToken } from '../model/desired.ts';
import type { PolicyToRecord } from '../model/plan.ts';
import { policyMargin } from '../model/rotation-due.ts';
import type { RecordedPolicy, TokenRecord } from '../model/state.ts';

/** What the state keeps of a token's policy. */
export function policyOf(desired: DesiredToken): RecordedPolicy {
  return { overlap: desired.overlap, rotate_before: policyMargin(desired) };
}

/** The policy that an apply records for a token that stays; undefined where the state has it. */
export function policyToRecord(
  desired: DesiredToken,
  current: TokenRecord,
): Pick<PolicyToRecord, 'before' | 'after'> | undefined {
  const { overlap, rotate_before } = current;
  const before = {
    ...defined({ overlap, rotate_before }),
  };
  // No policy of an adopted token is known to be applied. One that is recorded nevertheless must not cause a warning in every plan.
  if (current.secret === 'unknown' && overlap === undefined && rotate_before === undefined) return undefined;
  const after = policyOf(desired);
  return overlap === after.overlap && rotate_before === after.rotate_before ? undefined : { before, after };
}

/** Whether a policy gives the programs of a token less time than at the last apply that was not scheduled. */
export function isHastened(desired: DesiredToken, { overlap: was, rotate_before: before }: TokenRecord): boolean {
  const now = policyOf(desired);
  return (was !== undefined && now.overlap < was) || (before !== undefined && now.rotate_before > before);
}
