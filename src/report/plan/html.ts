/**
 * A plan as a page: the summary line first, what needs attention, a card an account, what the Ducklings become and may
 * cost, when tokens end, and what is left alone.
 */
import type { Plan } from '../../model/plan.ts';
import { hasChanges } from '../../plan/plan.ts';
import { type InContext, noContext } from '../hint.ts';
import { html, type Markup } from '../page/markup.ts';
import { page } from '../page/page.ts';
import type { Paint } from '../paint.ts';
import { printable } from '../printable.ts';
import { groupByAccount } from './by-account.ts';
import { attention, riskFacts, risky, untouched } from './html/attention.ts';
import { accountCards, cardId } from './html/card.ts';
import { ducklingTable } from './html/duckling-table.ts';
import { timeline } from './html/timeline.ts';
import { summaryLine } from './summary.ts';
import { price } from './wording.ts';

/** Writes the plan. */
export function planHtml(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const plan = printable(given);
  const groups = groupByAccount(plan.actions);
  const cardOf = new Map([...groups.keys()].map((account, index) => [account, cardId(index)]));
  const parts: readonly (readonly [id: string, title: string, body: Markup | undefined])[] = [
    ['changes', 'Changes by account', accountCards(groups)],
    ['ducklings', 'Ducklings before and after', ducklingTable(plan)],
    ['timeline', 'When tokens change', timeline(plan)],
    ['untouched', 'Not touched', untouched(plan)],
  ];
  const there = parts.flatMap(([id, title, body]) => (body === undefined ? [] : [{ id, title, body }]));
  return page({
    title: `Plan for ${plan.organization}`,
    summary: summaryLine(plan),
    organization: plan.organization,
    sandbox: plan.sandbox,
    at: plan.at,
    facts: [...riskFacts(plan), ...ceilingFact(plan)],
    sections: [
      ...attention(plan, inContext),
      ...(hasChanges(plan) ? [html`<nav aria-label="Parts of this page">${there.map(link)}</nav>`] : []),
      ...risky(plan, cardOf),
      ...there.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>${body}</section>`),
    ],
  });
}

function link({ id, title }: { readonly id: string; readonly title: string }): Markup {
  return html`<a href="#${id}">${title}</a> `;
}

function ceilingFact({ compute }: Plan): Markup[] {
  if (compute === undefined) return [];
  const { before, after } = compute;
  const change = before === after ? price(after) : `${price(before)} → ${price(after)}`;
  return [html`All Ducklings at once: at most <b>${change}</b> an hour`];
}
