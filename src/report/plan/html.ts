/**
 * A plan as a page: its numbers, what blocks it, the changes, those with the worst risk first, what to know of them, the
 * Ducklings before and after, when tokens change, and what apply does not touch.
 */
import { actionsByAccount, type Risk } from '../../model/action.ts';
import type { PlanNotice } from '../../model/notice.ts';
import type { Plan } from '../../model/plan.ts';
import { counted } from '../../model/wording.ts';
import { hasChanges, storesToRename, summarize } from '../../plan/summary.ts';
import { groupNotices, type NoticeGroup } from '../../wording/notice-groups.ts';
import { withArrows } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { shownState } from '../locations.ts';
import { type Counter, counters } from '../page/counters.ts';
import {
  type ChangeKind,
  countedNameList,
  EMPTY_MARKUP,
  html,
  type Markup,
  navigation,
  unbrokenMarkup,
} from '../page/markup.ts';
import { page } from '../page/page.ts';
import type { Paint } from '../terminal-text.ts';
import { ALL_DUCKLINGS, ceilingText, isTold } from './ceiling.ts';
import { deletedText } from './deleted-data.ts';
import { accountCards } from './html/card.ts';
import { ducklingTable } from './html/duckling-table.ts';
import { timeline } from './html/timeline.ts';
import { recordedChanges } from './recorded.ts';
import { storeLines } from './stores.ts';
import { laterRevocations, printablePlan, removalText, summaryLine, unmanagedNames } from './wording.ts';

const TITLES = {
  destructive: 'Destructive: this cannot be undone',
  disruptive: 'Disruptive: running work may be interrupted',
  safe: 'Changes',
} as const satisfies Record<Risk, string>;

/** Where a guardrail refuses the plan. */
const REFUSED = {
  destructive: 'Would be destructive',
  disruptive: 'Would be disruptive',
  safe: 'Would change',
} as const satisfies Record<Risk, string>;

/** Longer lists are folded. */
const OPEN = 12;

type Part = readonly [id: string, title: string, body: Markup | undefined];

/** Writes the plan. */
export function planHtml(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const plan = printablePlan(given);
  const cards = accountCards(plan.actions);
  const parts: readonly Part[] = [
    ...cards.map(
      ({ risk, cards: body }): Part => [
        risk,
        isRefused(plan) ? REFUSED[risk] : risk === 'safe' && cards.length > 1 ? 'Other changes' : TITLES[risk],
        body,
      ],
    ),
    ['warnings', 'Warnings', warnings(plan, inContext)],
    ['ducklings', 'Ducklings before and after', ducklingTable(plan)],
    ['timeline', isRefused(plan) ? 'When tokens would change' : 'When tokens change', timeline(plan)],
    ['later', 'Revoked later, when overlaps end', later(plan)],
    ['removals', isRefused(plan) ? 'Secrets that would be removed' : 'Secrets removed from stores', removals(plan)],
    ['stores', 'Secret stores', stores(given)],
    ['variables', 'Used by the configuration', variables(plan)],
    ['suspended', 'Suspended', suspended(plan)],
    ['untouched', 'Not touched', untouched(plan)],
  ];
  const there = parts.flatMap(([id, title, body]) => (body === undefined ? [] : [{ id, title, body }]));
  return page({
    title: `Plan for ${plan.organization}`,
    summary: heading(plan),
    organization: plan.organization,
    sandbox: plan.sandbox,
    state: shownState(plan),
    at: plan.at,
    facts: [...deletedFact(plan), ...ceilingFact(plan)],
    sections: [
      ...blockers(plan, inContext),
      ...(hasChanges(plan) ? [planCounters(plan)] : []),
      recordedNotices(plan),
      ...(hasChanges(plan) ? [navigation(there)] : []),
      ...there.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>${body}</section>`),
    ],
  });
}

function isRefused({ violations }: Plan): boolean {
  return violations.length > 0;
}

/** The heading; the numbers of a plan with changes are below it. */
function heading(plan: Plan): string {
  if (isRefused(plan)) return 'Refused: nothing of this plan can be applied';
  const accounts = actionsByAccount(plan.actions).size;
  return hasChanges(plan) && accounts > 0 ? `Plan: changes of ${counted(accounts, 'account')}` : summaryLine(plan);
}

function stores(plan: Plan): Markup | undefined {
  const lines = storeLines(plan);
  if (lines.length === 0) return undefined;
  return html`<ul>${lines.map(({ text, exact, note, isNew }) => html`<li>${text}: <code>${exact}</code>${note === undefined ? EMPTY_MARKUP : isNew ? html` <b>${note}</b>` : html` ${note}`}</li>`)}</ul>`;
}

function ceilingFact({ compute }: Plan): Markup[] {
  if (!isTold(compute)) return [];
  return [html`${ALL_DUCKLINGS}, by <code>compute_rates</code>: <b>${ceilingText(compute, '→')}</b>`];
}

function deletedFact(plan: Plan): Markup[] {
  const text = deletedText(plan);
  return text === undefined ? [] : [html`Deleted with the accounts: <b>${text}</b>`];
}

/** All of them: a later apply revokes them without being asked again. */
function later(plan: Plan): Markup | undefined {
  return folded(
    laterRevocations(plan).map(({ account, names }) => html`<b>${account}</b>: ${names.join(', ')}`),
    'account',
  );
}

function removals({ removals: all = [] }: Plan): Markup | undefined {
  return folded(
    all.map((removal) => html`${removalText(removal)}`),
    'secret',
  );
}

/** A list, folded where it is long; undefined where it is empty. */
function folded(items: readonly Markup[], one: string): Markup | undefined {
  if (items.length === 0) return undefined;
  const list = html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
  return items.length <= OPEN ? list : html`<details><summary>${counted(items.length, one)}</summary>${list}</details>`;
}

/** This plan may suspend them. */
function suspended({ suspended: names }: Plan): Markup | undefined {
  if (names === undefined) return undefined;
  return html`<p class="quiet">They have no managed tokens after an apply. The accounts and their data stay.</p>${countedNameList(names, 'account')}`;
}

/** What apply does not touch: retained accounts, and unmanaged accounts and tokens. */
function untouched(plan: Plan): Markup | undefined {
  const { retained } = plan;
  const { accounts, tokens } = unmanagedNames(plan);
  const stays =
    retained.length === 0
      ? EMPTY_MARKUP
      : html`<h3>No longer in the configuration, and kept</h3>${countedNameList(retained, 'account')}<p class="quiet">${unbrokenMarkup('mdacc plan --prune plans their deletion.')}</p>`;
  const unknown = html`<p>Accounts: not known, since the users cannot be listed.</p>`;
  const unmanaged = [
    ...(accounts === null ? [unknown] : accounts?.length ? [countedNameList(accounts, 'account')] : []),
    ...(tokens?.length ? [html`<p>Tokens of managed accounts:</p>${countedNameList(tokens, 'token')}`] : []),
    ...(accounts?.length === 0 && !tokens?.length
      ? [html`<p>No accounts, and no tokens of managed accounts.</p>`]
      : []),
  ];
  if (retained.length === 0 && unmanaged.length === 0) return undefined;
  return html`${stays}${unmanaged.length === 0 ? EMPTY_MARKUP : html`<h3>Unmanaged</h3>${unmanaged}`}`;
}

function variables({ variables: names }: Plan): Markup | undefined {
  return names === undefined ? undefined : html`${countedNameList(names, 'environment variable')}`;
}

/** Errors, and the guardrails that the plan violates. */
function blockers({ errors, violations }: Plan, inContext: InContext): Markup[] {
  return [...notices('Error', 'remove', errors, inContext), ...notices('Refused', 'remove', violations, inContext)];
}

/** One for each kind; undefined without any. */
function warnings({ warnings: all }: Plan, inContext: InContext): Markup | undefined {
  return all.length === 0 ? undefined : html`${notices('Warning', 'change', all, inContext)}`;
}

/** Changes in the state alone, those that end a protection first. */
function recordedNotices(plan: Plan): Markup {
  const notices = recordedChanges(plan).map(({ kind, subject, change, names, noun }) => {
    const title = `${subject.charAt(0).toUpperCase()}${subject.slice(1)}`;
    return html`<div class="notice ${kind === 'unprotected' ? 'change' : 'adopt'}"><b>${title}</b> ${withArrows(change)}: mdacc records it, and nothing changes at MotherDuck${countedNameList(names, noun)}</div>`;
  });
  return html`${notices}`;
}

function notices(title: string, kind: 'remove' | 'change', all: readonly PlanNotice[], inContext: InContext): Markup[] {
  return groupNotices(all).map(({ subject, message, hint }: NoticeGroup) => {
    const head = html`<b>${title}</b>${subject === undefined ? EMPTY_MARKUP : html` <b>${subject}</b>`}`;
    return html`<div class="notice ${kind}">${head}<p>${unbrokenMarkup(withArrows(message))}</p><p><small>${unbrokenMarkup(hintText(hint, inContext))}</small></p></div>`;
  });
}

/** Nothing where a plan changes deletion protection alone. */
function planCounters(plan: Plan): Markup {
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
    counter(plan.policies?.length ?? 0, 'policy', ' to record', 'none', 'policies'),
    counter(storesToRename(plan), 'store name', ' to record', 'none'),
    counter(groupNotices(plan.warnings).length, 'warning', '', 'change'),
  ];
  const shown = all.filter(({ count }) => count !== 0);
  return shown.length === 0 ? EMPTY_MARKUP : counters(shown);
}

function counter(count: number, one: string, rest: string, kind: ChangeKind, many = `${one}s`): Counter {
  return { label: `${count === 1 ? one : many}${rest}`, count, kind };
}
