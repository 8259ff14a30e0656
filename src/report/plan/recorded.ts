/** What an apply changes in the state alone: deletion protection, and the policies of tokens that stay. */

import { groupBy } from '../../model/collections.ts';
import { entryName } from '../../model/entry-name.ts';
import type { Plan, PolicyToRecord } from '../../model/plan.ts';
import { formatDuration } from '../../model/time.ts';

/** One change of several accounts or tokens. */
interface RecordedChange {
  /** Less protection comes first: it decides whether an account can be deleted. */
  readonly kind: 'unprotected' | 'protected' | 'policy';
  /** `deletion protection`, `policy`. */
  readonly subject: string;
  /** `on -> off`, `overlap 24h -> 48h`. */
  readonly change: string;
  /** `etl_prod`, `etl_prod/airflow`. */
  readonly names: readonly string[];
  /** What the names are of. */
  readonly noun: 'account' | 'token';
}

/** All of them, equal ones as one. */
export function recordedChanges({
  protection,
  policies = [],
}: Pick<Plan, 'protection' | 'policies'>): RecordedChange[] {
  const byDirection = groupBy(protection, ({ after }) => after);
  const protections = ([false, true] as const).flatMap((after): RecordedChange[] => {
    const names = (byDirection.get(after) ?? []).map(({ account }) => account);
    const kind = after ? 'protected' : 'unprotected';
    const change = after ? 'off -> on' : 'on -> off';
    return names.length === 0 ? [] : [{ kind, subject: 'deletion protection', change, names, noun: 'account' }];
  });
  // Each token of a policy with jitter has a rotate_before of its own.
  const groups = groupBy(policies, (policy) =>
    [fieldText(policy, 'overlap'), fieldText(policy, 'rotate_before') === ''].join(),
  );
  const ofPolicies = [...groups.values()].map((group): RecordedChange => {
    const margins = new Set(group.map((policy) => fieldText(policy, 'rotate_before')));
    const [first] = group;
    const fields = [
      first === undefined ? '' : fieldText(first, 'overlap'),
      margins.size === 1 ? [...margins].join() : 'rotate_before and jitter',
    ];
    const change = fields.filter((text) => text !== '').join(', ');
    const names = group.map(entryName);
    return { kind: 'policy', subject: 'policy', change, names, noun: 'token' };
  });
  return [...protections, ...ofPolicies];
}

/** `overlap 24h -> 48h`; empty where it is the same. */
function fieldText({ before, after }: PolicyToRecord, field: 'overlap' | 'rotate_before'): string {
  const [was, is] = [before[field], after[field]];
  if (was === is) return '';
  return `${field} ${was === undefined ? 'not recorded' : formatDuration(was)} -> ${formatDuration(is)}`;
}
