/** An audit as a page: the organization at a glance, the findings, most severe first, and the accounts; the rules at the end. */
import type { Audit, Severity } from '../../model/audit.ts';
import { counted } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { shownState } from '../locations.ts';
import { countedNameList, EMPTY_MARKUP, html, type Markup, navigation, tag } from '../page/markup.ts';
import { page } from '../page/page.ts';
import type { Paint } from '../terminal-text.ts';
import { SEVERITIES, unconfiguredHint } from './findings.ts';
import { ducklingBars } from './html/ducklings.ts';
import { expiry, nextTokens } from './html/expiry.ts';
import { acceptedList, foundOf, KINDS } from './html/findings.ts';
import { inventoryTable } from './html/inventory.ts';
import { overview } from './html/overview.ts';
import { SCRIPT } from './html/script.ts';

const TITLES = { error: 'Errors', warning: 'Warnings', note: 'Notes' } as const satisfies Record<Severity, string>;

interface Part {
  readonly id: string;
  /** In the list of links. */
  readonly title: string;
  readonly body: Markup;
}

/** Writes the audit. */
export function auditHtml(given: Audit, _paint?: Paint, inContext: InContext = noContext): string {
  const audit = printable(given);
  const { organization, sandbox, at } = audit;
  const hint = unconfiguredHint(audit);
  const next = nextTokens(audit);
  const parts: readonly Part[] = [
    ...SEVERITIES.map((severity) => ({
      id: `${severity}s`,
      title: TITLES[severity],
      body: foundOf(audit, severity, inContext),
    })),
    { id: 'expiry', title: 'Tokens that change', body: expiry(audit, next) },
    { id: 'ducklings', title: 'Ducklings', body: ducklingBars(audit.inventory) },
    { id: 'inventory', title: 'Accounts', body: inventoryTable(audit) },
    { id: 'accepted', title: 'Accepted', body: acceptedList(audit) },
    { id: 'ignored', title: 'Not checked', body: ignored(audit) },
    { id: 'rules', title: 'Rules', body: rules(audit) },
  ].filter(({ body }) => body !== EMPTY_MARKUP);
  return page({
    title: `Audit of ${organization}`,
    summary: heading(audit),
    organization,
    sandbox,
    state: shownState(audit),
    at,
    facts: [
      html`${counted(audit.rules.length, 'rule')} checked`,
      ...(hint ? [html`${hintText(hint, inContext)}`] : []),
    ],
    sections: [overview(audit, next), navigation(parts), ...parts.map(({ body }) => body)],
    script: SCRIPT,
  });
}

/** The heading; the numbers of each severity are below it. */
function heading({ findings, checked: { accounts, tokens } }: Audit): string {
  const found = findings.length === 0 ? 'no findings' : counted(findings.length, 'finding');
  return `Audit: ${found} in ${counted(accounts, 'account')} with ${counted(tokens, 'token')}.`;
}

function ignored({ ignored: names }: Audit): Markup {
  if (names.length === 0) return EMPTY_MARKUP;
  return html`<section id="ignored"><h2>Not checked because of “ignore”</h2>${countedNameList(names, 'account')}</section>`;
}

/** A link from a finding unfolds the list: browsers open the `details` that contains the target. */
function rules({ rules: all, findings }: Audit): Markup {
  if (all.length === 0) return EMPTY_MARKUP;
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const entries = all.map(({ id, name, severity, title, help }) => {
    const count = counts.get(id) ?? 0;
    const times =
      count === 0 ? EMPTY_MARKUP : html` <span class="quiet">found ${count === 1 ? 'once' : `${count} times`}</span>`;
    return html`<li id="${id}"><p><b>${id} ${name}</b> ${tag(KINDS[severity], severity)}${times}</p><p>${title}</p><p class="quiet">${help}</p></li>\n`;
  });
  return html`<section id="rules"><h2>The rules</h2><details><summary>What each of them reports, and why it matters</summary><ul class="apart">
${entries}</ul></details></section>`;
}
