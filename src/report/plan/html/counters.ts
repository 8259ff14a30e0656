/** The numbers of a plan: what it does, the worst first, without zeros. */
import type { Risk } from '../../../model/action.ts';
import type { Plan } from '../../../model/plan.ts';
import { policiesToRecord, storesToRename, summarize } from '../../../plan/plan.ts';
import { groupNotices } from '../../../wording/notice-groups.ts';
import { type Counter, counters } from '../../page/counters.ts';
import { type Kind, type Markup, NOTHING } from '../../page/markup.ts';

/** Nothing where a plan changes deletion protection alone. */
export function planCounters(plan: Plan): Markup {
  const { accounts, tokens, setups } = summarize(plan);
  const ofRisk = (risk: Risk) => plan.actions.filter((action) => action.risk === risk).length;
  const all: readonly Counter[] = [
    counter(plan.errors.length, 'error', '', 'remove'),
    counter(ofRisk('destructive'), 'destructive action', '', 'remove'),
    counter(ofRisk('disruptive'), 'disruptive action', '', 'change'),
    counter(accounts.delete, 'account', ' to delete', 'remove'),
    counter(tokens.revoke, 'token', ' to revoke', 'remove'),
    counter(plan.removals?.length ?? 0, 'secret', ' to remove', 'remove'),
    counter(accounts.change, 'account', ' to change', 'change'),
    counter(tokens.rotate, 'token', ' to rotate', 'change'),
    counter(setups, 'setup', ' to run', 'change'),
    counter(accounts.create, 'account', ' to create', 'create'),
    counter(tokens.create, 'token', ' to create', 'create'),
    counter(accounts.adopt, 'account', ' to adopt', 'adopt'),
    counter(tokens.adopt, 'token', ' to adopt', 'adopt'),
    counter(accounts.forget, 'account', ' to forget', 'none'),
    counter(tokens.forget, 'token', ' to forget', 'none'),
    counter(policiesToRecord(plan), 'shorter policy', ' to record', 'change', 'shorter policies'),
    counter(storesToRename(plan), 'store name', ' to record', 'none'),
    counter(groupNotices(plan.warnings).length, 'warning', '', 'change'),
  ];
  const shown = all.filter(({ count }) => count !== 0);
  return shown.length === 0 ? NOTHING : counters(shown);
}

function counter(count: number, one: string, rest: string, kind: Kind, many = `${one}s`): Counter {
  return { label: `${count === 1 ? one : many}${rest}`, count, kind };
}
