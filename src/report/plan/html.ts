/**
 * A plan as a page: the summary line, what needs attention, a card for each account, the Ducklings before and after, when
 * tokens change, and what apply does not touch.
 */

import type { PlanNotice } from '../../model/notice.ts';
import { type Action, actionsByAccount, type Plan, type Risk } from '../../model/plan.ts';
import { groupNotices } from '../../plan/notice-groups.ts';
import { hasChanges } from '../../plan/plan.ts';
import { placeOfState } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { countedNames, html, type Markup, NOTHING } from '../page/markup.ts';
import { page } from '../page/page.ts';
import type { Paint } from '../terminal-text.ts';
import { ceilingText } from './ceiling.ts';
import { deletedDataText } from './deleted-data.ts';
import { accountCards, cardId, riskTag, verbOf } from './html/card.ts';
import { ducklingTable } from './html/duckling-table.ts';
import { timeline } from './html/timeline.ts';
import { storeLines } from './stores.ts';
import { laterRevocations, printablePlan, removalText, subjectOf, summaryLine, unmanagedNames } from './wording.ts';

/** Writes the plan. */
export function planHtml(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const plan = printablePlan(given);
  const groups = actionsByAccount(plan.actions);
  const cardOf = new Map([...groups.keys()].map((account, index) => [account, cardId(index)]));
  const parts: readonly (readonly [id: string, title: string, body: Markup | undefined])[] = [
    ['changes', 'Changes by account', accountCards(groups)],
    ['ducklings', 'Ducklings before and after', ducklingTable(plan)],
    ['timeline', 'When tokens change', timeline(plan)],
    ['later', 'Revoked later, when overlaps end', later(plan)],
    ['removals', 'Secrets removed from stores', removals(plan)],
    ['stores', 'Where secrets go', stores(given)],
    ['variables', 'Used by the configuration', variables(plan)],
    ['untouched', 'Not touched', untouched(plan)],
  ];
  const there = parts.flatMap(([id, title, body]) => (body === undefined ? [] : [{ id, title, body }]));
  return page({
    title: `Plan for ${plan.organization}`,
    summary: summaryLine(plan),
    organization: plan.organization,
    sandbox: plan.sandbox,
    state: placeOfState(plan),
    at: plan.at,
    facts: [...riskFacts(plan), ...deletedFact(plan), ...ceilingFact(plan)],
    sections: [
      ...attention(plan, inContext),
      ...(hasChanges(plan) ? [html`<nav aria-label="Parts of this page">${there.map(link)}</nav>`] : []),
      ...risky(plan, cardOf),
      ...there.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>${body}</section>`),
    ],
  });
}

function stores(plan: Plan): Markup | undefined {
  const lines = storeLines(plan);
  if (lines.length === 0) return undefined;
  return html`<ul>${lines.map(({ text, exact, note, isNew }) => html`<li>${text}: <code>${exact}</code>${note === undefined ? NOTHING : isNew ? html` <b>${note}</b>` : html` ${note}`}</li>`)}</ul>`;
}

function link({ id, title }: { readonly id: string; readonly title: string }): Markup {
  return html`<a href="#${id}">${title}</a> `;
}

function ceilingFact({ compute }: Plan): Markup[] {
  if (compute === undefined) return [];
  return [html`All Ducklings at once: at most <b>${ceilingText(compute, '→')}</b>`];
}

function deletedFact({ deleted_data: data }: Plan): Markup[] {
  const text = deletedDataText(data);
  return text === undefined ? [] : [html`Deleted with the accounts: <b>${text}</b>`];
}

const RISKY_SHOWN = 25;

/** Errors, violations and warnings, and changes of deletion protection. */
export function attention(plan: Plan, inContext: InContext): Markup[] {
  return [
    ...notices('Error', 'remove', plan.errors, inContext),
    ...notices('Refused', 'remove', plan.violations, inContext),
    ...notices('Warning', 'change', plan.warnings, inContext),
    ...plan.protection.map(({ account, before, after }) => {
      const said = (on: boolean) => (on ? 'on' : 'off');
      return html`<div class="notice ${after ? 'adopt' : 'change'}"><b>Deletion protection</b> of <b>${account}</b><p>${said(before)} → ${said(after)}, in the state alone</p></div>`;
    }),
  ];
}

function notices(title: string, kind: 'remove' | 'change', all: readonly PlanNotice[], inContext: InContext): Markup[] {
  return groupNotices(all).map(({ subject, message, hint }) => {
    const about = subject === undefined ? NOTHING : html` <b>${subject}</b>`;
    return html`<div class="notice ${kind}"><b>${title}</b>${about}<p>${message}</p><p><small>${hintText(hint, inContext)}</small></p></div>`;
  });
}

/** The number of destructive and disruptive actions, for the head of the page. */
function riskFacts({ actions }: Plan): Markup[] {
  return (['destructive', 'disruptive'] as const).flatMap((risk) => {
    const count = actions.filter((action) => action.risk === risk).length;
    return count === 0 ? [] : [html`${riskTag(risk, `${count} ${risk}`)}`];
  });
}

/** In a plan of several accounts, the risky actions, destructive ones first, with links to their cards. */
export function risky({ actions }: Plan, cardOf: ReadonlyMap<string, string>): Markup[] {
  const all = [...ofRisk(actions, 'destructive'), ...ofRisk(actions, 'disruptive')];
  if (all.length === 0 || cardOf.size < 2) return [];
  const rows = all.slice(0, RISKY_SHOWN).map((action) => {
    const subject = subjectOf(action);
    const part = subject === '' ? NOTHING : html` <code>${subject}</code>`;
    return html`<li>${riskTag(action.risk)} <a href="#${cardOf.get(action.account) ?? ''}">${action.account}</a>: ${verbOf(action)}${part}</li>`;
  });
  const more = all.length - rows.length;
  const left = more === 0 ? NOTHING : html`<p class="quiet">and ${more} more, marked in the cards below</p>`;
  return [html`<section id="look-first"><h2>Look at these first</h2><ul class="links">${rows}</ul>${left}</section>`];
}

function ofRisk(actions: readonly Action[], risk: Risk): Action[] {
  return actions.filter((action) => action.risk === risk);
}

/** All of them: a later apply revokes them without being asked again. */
function later(plan: Plan): Markup | undefined {
  const all = laterRevocations(plan);
  if (all.length === 0) return undefined;
  return html`<ul>${all.map(({ account, names }) => html`<li><b>${account}</b>: ${names.join(', ')}</li>`)}</ul>`;
}

function removals({ removals: all = [] }: Plan): Markup | undefined {
  if (all.length === 0) return undefined;
  return html`<ul>${all.map((removal) => html`<li>${removalText(removal)}</li>`)}</ul>`;
}

/** What apply does not touch: retained and suspended accounts, and unmanaged accounts and tokens. */
function untouched(plan: Plan): Markup | undefined {
  const { retained, suspended } = plan;
  const { accounts, tokens } = unmanagedNames(plan);
  const stays =
    retained.length === 0
      ? NOTHING
      : html`<h3>No longer in the configuration, retained</h3>${countedNames(retained, 'account')}<p class="quiet">mdacc plan --prune plans their deletion.</p>`;
  const unknown = html`<p>Accounts: not known, since the users cannot be listed.</p>`;
  const off = suspended === undefined ? NOTHING : html`<h3>Suspended</h3>${countedNames(suspended, 'account')}`;
  const unmanaged = [
    ...(accounts === null ? [unknown] : accounts === undefined ? [] : [countedNames(accounts, 'account')]),
    ...(tokens === undefined ? [] : [countedNames(tokens, 'token')]),
  ];
  if (retained.length === 0 && suspended === undefined && unmanaged.length === 0) return undefined;
  return html`${stays}${off}${unmanaged.length === 0 ? NOTHING : html`<h3>Unmanaged</h3>${unmanaged}`}`;
}

function variables({ variables: names }: Plan): Markup | undefined {
  return names === undefined ? undefined : html`${countedNames(names, 'environment variable')}`;
}
