/** The scheduled work of the coming days, by day: it comes without another review. */
import type { NextChange, Plan } from '../../model/plan.ts';
import { dayOf, formatDuration } from '../../model/time.ts';
import { few } from '../../model/wording.ts';
import { untilText } from './wording.ts';

const DAYS_SHOWN = 3;

/**
 * A line for each of the next days, the number of changes that no line has, and whether any change is not named.
 *
 * @param tokens The number of tokens that a line names; infinity: all tokens of all days.
 */
export function nextDays(
  plan: Plan,
  tokens: number,
): { readonly days: readonly string[]; readonly more: number; readonly isCut: boolean } {
  const groups = new Map<string, NextChange[]>();
  for (const change of plan.next) {
    const key = `${dayOf(change.at)} ${change.change} ${change.overlap ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  // A later apply revokes without being asked again, so no day on which it does is left out.
  const isAll = tokens === Number.POSITIVE_INFINITY;
  const shown = [...groups.values()].filter(([first], index) => isAll || index < DAYS_SHOWN || isRevocation(first));
  const now = Date.parse(plan.at);
  return {
    days: shown.map((changes) => nextChanges(changes, now, tokens)),
    more: plan.next.length - shown.reduce((sum, changes) => sum + changes.length, 0),
    isCut: shown.length < groups.size || shown.some((changes) => changes.length > tokens),
  };
}

function isRevocation(change: NextChange | undefined): boolean {
  return change?.change === 'is revoked';
}

/** The changes of one day: `2026-12-17 (in 22 days): tenant_acme/app, tenant_globex/app rotate`. */
function nextChanges(changes: readonly NextChange[], now: number, tokens: number): string {
  const [first] = changes;
  if (first === undefined) return '';
  const day = dayOf(first.at);
  const when = untilText(Date.parse(first.at), now);
  const names = few(
    changes.map(({ account, name }) => `${account}/${name}`),
    tokens,
  );
  const verb = changes.length === 1 ? first.change : PLURAL[first.change];
  const overlap = first.overlap === undefined ? '' : ` with an overlap of ${formatDuration(first.overlap)}`;
  return `${day} (${when}): ${names} ${verb}${overlap}`;
}

const PLURAL: Readonly<Record<NextChange['change'], string>> = {
  rotates: 'rotate',
  'is revoked': 'are revoked',
  expires: 'expire',
};
