/** An audit as a page: the organization at a glance, the findings, most severe first, and the accounts; the rules at the end. */
import type { Audit } from '../../model/audit.ts';
import { counted } from '../../model/wording.ts';
import { placeOfState, printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { countedNames, html, type Markup, NOTHING, tag } from '../page/markup.ts';
import { page } from '../page/page.ts';
import type { Paint } from '../terminal-text.ts';
import { auditSummary, SEVERITIES, unconfiguredHint } from './findings.ts';
import { ducklingBars } from './html/ducklings.ts';
import { expiry } from './html/expiry.ts';
import { acceptedList, foundOf, KINDS } from './html/findings.ts';
import { inventoryTable } from './html/inventory.ts';
import { overview } from './html/overview.ts';
import { SCRIPT } from './html/script.ts';

/** Writes the audit. */
export function auditHtml(given: Audit, _paint?: Paint, inContext: InContext = noContext): string {
  const audit = printable(given);
  const { organization, sandbox, at } = audit;
  const next = unconfiguredHint(audit);
  return page({
    title: `Audit of ${organization}`,
    summary: auditSummary(audit),
    organization,
    sandbox,
    state: placeOfState(audit),
    at,
    facts: [
      html`${counted(audit.rules.length, 'rule')} checked`,
      ...(next ? [html`${hintText(next, inContext)}`] : []),
    ],
    sections: [
      overview(audit),
      ...SEVERITIES.map((severity) => foundOf(audit, severity, inContext)),
      expiry(audit),
      ducklingBars(audit.inventory),
      inventoryTable(audit),
      acceptedList(audit),
      ignored(audit),
      rules(audit),
    ],
    script: SCRIPT,
  });
}

function ignored({ ignored: names }: Audit): Markup {
  if (names.length === 0) return NOTHING;
  return html`<section id="ignored"><h2>Not checked because of “ignore”</h2>${countedNames(names, 'account')}</section>`;
}

/** A link from a finding unfolds the list: browsers open the `details` that contains the target. */
function rules({ rules: all, findings }: Audit): Markup {
  if (all.length === 0) return NOTHING;
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const entries = all.map(({ id, name, severity, title, help }) => {
    const count = counts.get(id) ?? 0;
    const times =
      count === 0 ? NOTHING : html` <span class="quiet">found ${count === 1 ? 'once' : `${count} times`}</span>`;
    return html`<li id="${id}"><p><b>${id} ${name}</b> ${tag(KINDS[severity], severity)}${times}</p><p>${title}</p><p class="quiet">${help}</p></li>\n`;
  });
  return html`<section id="rules"><h2>The rules</h2><details><summary>What each of them reports, and why it matters</summary><ul class="apart">
${entries}</ul></details></section>`;
}
