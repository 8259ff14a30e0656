import type { Action, ComputeCeiling, Reason } from '../../model/action.ts';
import { defined } from '../../model/defined.ts';
import { entryName } from '../../model/entry-name.ts';
import type { Notice, PlanNotice, PlanWarning } from '../../model/notice.ts';
import type { Plan, Summary } from '../../model/plan.ts';
import { summarize } from '../../plan/summary.ts';
import { groupNotices, type NoticeGroup } from '../../wording/notice-groups.ts';
import { wordedNotice } from '../../wording/notices.ts';
import { reasonText } from '../../wording/reasons.ts';
import { jsonText } from '../escape.ts';
import { hintsInContext, type InContext, noContext } from '../hint.ts';
import type { PathOf } from '../locations.ts';
import type { Layout, Paint } from '../terminal-text.ts';
import { monthly, percentOf } from './ceiling.ts';

/** A plan as one JSON document, valid against `schemas/plan.schema.json`. */
export function planJson(
  plan: Plan,
  _paint?: Paint,
  inContext: InContext = noContext,
  { pathOf }: Layout = {},
): string {
  return jsonText(hintsInContext(planDocument(plan, pathOf), inContext));
}

/** A plan in its JSON form: with its counts, and reasons and notices also in words. */
interface PlanDocument extends Omit<Plan, 'actions' | 'compute' | 'unverified' | NoticeList> {
  readonly version: 1;
  readonly summary: Summary;
  readonly actions: readonly (Omit<Action, 'reason'> & { readonly reason: Reason & { readonly text: string } })[];
  /** With the price of a month (730 hours), and the difference in percent. */
  readonly compute?: ComputeCeiling & { readonly month: ComputeCeiling; readonly percent: number | null };
  /** `etl_prod/airflow`. */
  readonly unverified: readonly string[];
  readonly warnings: readonly GroupedWarning[];
  readonly errors: readonly (PlanNotice & Notice)[];
  readonly violations: readonly (PlanNotice & Notice)[];
}

/** Warnings of one kind as one. */
interface GroupedWarning extends Pick<Notice, 'code' | 'message' | 'hint'> {
  readonly kind: PlanWarning['kind'];
  readonly count: number;
  /** What they are about: `etl_prod`, `etl_prod/airflow`. */
  readonly names: readonly string[];
  /** The data of each. */
  readonly cases: readonly Omit<PlanWarning, 'kind'>[];
}

type NoticeList = 'warnings' | 'errors' | 'violations';

/** Gives the plan in its JSON form. @param pathOf names the states of other configurations, in data; messages and commands keep what can be typed here */
export function planDocument(plan: Plan, pathOf: PathOf = (file) => file): PlanDocument {
  const { organization, sandbox, at, compute, ...rest } = plan;
  const actions = plan.actions.map((action) => ({ ...action, reason: { ...action.reason, text: reasonText(action) } }));
  const notices = {
    warnings: groupNotices(plan.warnings).map((group) => {
      const notices = group.notices.map((each) => withStateAt(each, pathOf));
      return groupedWarning({ ...group, notices });
    }),
    errors: plan.errors.map((each) => withStateAt(wordedNotice(each), pathOf)),
    violations: plan.violations.map(wordedNotice),
  };
  const unverified = plan.unverified.map(entryName);
  const computed = compute && { compute: { ...compute, month: monthly(compute), percent: percentOf(compute) } };
  return {
    version: 1,
    organization,
    sandbox,
    at,
    summary: summarize(plan),
    ...rest,
    actions,
    unverified,
    ...notices,
    ...computed,
  };
}

/** Whose `state` is the file of another configuration, as it can be typed here. */
const OF_OTHERS: readonly PlanNotice['kind'][] = ['managed_elsewhere', 'not_adopted', 'state_unread'];

function withStateAt<T extends PlanNotice>(notice: T, pathOf: PathOf): T {
  const isOfOther = OF_OTHERS.includes(notice.kind) && 'state' in notice && typeof notice.state === 'string';
  return isOfOther ? { ...notice, state: pathOf(notice.state) } : notice;
}

/** A group of warnings in its JSON form. */
export function groupedWarning({
  kind,
  code,
  message,
  hint,
  names,
  notices,
}: NoticeGroup<PlanWarning>): GroupedWarning {
  const cases = notices.map(({ kind: _, ...data }) => data);
  return { kind, ...defined({ code }), message, hint, count: notices.length, names, cases };
}
