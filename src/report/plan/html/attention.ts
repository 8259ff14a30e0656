/** What a reviewer must see before all else: errors, broken guardrails, warnings and risks; and what apply leaves alone. */
import type { PlanNotice } from '../../../model/notice.ts';
import type { Action, Plan, Risk } from '../../../model/plan.ts';
import { noticeText } from '../../../plan/notice-text.ts';
import { hintText, type InContext } from '../../hint.ts';
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import { countedNames } from '../../page/names.ts';
import { tag } from '../../page/tag.ts';
import { subjectOf } from '../wording.ts';

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
  return all.map((notice) => {
    const { subject, message, hint } = noticeText(notice);
    const about = subject === undefined ? NOTHING : html` <b>${subject}</b>`;
    return html`<div class="notice ${kind}"><b>${title}</b>${about}<p>${message}</p><p><small>${hintText(hint, inContext)}</small></p></div>`;
  });
}

/** How many actions may hurt, for the head of the page. */
export function riskFacts({ actions }: Plan): Markup[] {
  return (['destructive', 'disruptive'] as const).flatMap((risk) => {
    const count = actions.filter((action) => action.risk === risk).length;
    return count === 0 ? [] : [html`${riskTag(risk, `${count} ${risk}`)}`];
  });
}

/** In a plan of many accounts, the few that need a careful look: destructive first, with links to their cards. */
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

/** A safe action says nothing about it. */
export function riskTag(risk: Risk, text: string = risk): Markup {
  return risk === 'safe' ? NOTHING : tag(risk === 'destructive' ? 'remove' : 'change', text);
}

/** `rotate token`; what it is of stands beside it. */
export function verbOf({ action }: Action): string {
  return action === 'set_ducklings' ? 'set' : action.replace('_', ' ');
}

/** What apply leaves alone: what left the configuration and stays, and what is live and not managed. */
export function untouched({ retained, unmanaged: { accounts, tokens } }: Plan): Markup {
  const shown = tokens.map(({ account, name, id }) => `${account}/${name === '' ? id : name}`);
  const stays =
    retained.length === 0
      ? NOTHING
      : html`<h3>No longer in the configuration, retained</h3>${countedNames(retained, 'account')}<p class="quiet">mdacc plan --prune plans their deletion.</p>`;
  const unknown = html`<p>Accounts: not known, since the users cannot be listed.</p>`;
  return html`${stays}<h3>Unmanaged</h3>${accounts === null ? unknown : countedNames(accounts, 'account')}${countedNames(shown, 'token')}`;
}
