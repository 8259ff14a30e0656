/** What a page says above the changes, since it blocks them, and below them, since it does not. */
import type { PlanNotice } from '../../../model/notice.ts';
import type { Plan } from '../../../model/plan.ts';
import { groupNotices, type NoticeGroup } from '../../../wording/notice-groups.ts';
import { withArrows } from '../../escape.ts';
import { hintText, type InContext } from '../../hint.ts';
import { countedNames, html, type Markup, NOTHING, unbroken } from '../../page/markup.ts';

/** Errors, and the guardrails that the plan violates. */
export function blockers({ errors, violations }: Plan, inContext: InContext): Markup[] {
  return [...notices('Error', 'remove', errors, inContext), ...notices('Refused', 'remove', violations, inContext)];
}

/** One for each kind; undefined without any. */
export function warnings({ warnings: all }: Plan, inContext: InContext): Markup | undefined {
  return all.length === 0 ? undefined : html`${notices('Warning', 'change', all, inContext)}`;
}

/** Changes of deletion protection, those that end it first. */
export function protectionChanges({ protection }: Plan): Markup {
  const changes = ([false, true] as const).map((after) => {
    const accounts = protection.filter((change) => change.after === after).map(({ account }) => account);
    const [kind, change] = after ? (['adopt', 'off → on'] as const) : (['change', 'on → off'] as const);
    if (accounts.length === 0) return NOTHING;
    return html`<div class="notice ${kind}"><b>Deletion protection</b> ${change}: mdacc records it, and nothing changes at MotherDuck${countedNames(accounts, 'account')}</div>`;
  });
  return html`${changes}`;
}

function notices(title: string, kind: 'remove' | 'change', all: readonly PlanNotice[], inContext: InContext): Markup[] {
  return groupNotices(all).map(({ subject, message, hint }: NoticeGroup) => {
    const head = html`<b>${title}</b>${subject === undefined ? NOTHING : html` <b>${subject}</b>`}`;
    return html`<div class="notice ${kind}">${head}<p>${unbroken(withArrows(message))}</p><p><small>${unbroken(hintText(hint, inContext))}</small></p></div>`;
  });
}
