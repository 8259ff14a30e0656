/** Findings as cards, a card for each rule, with the commands that fix them; accepted ones as a list. */
import type { AcceptedFinding, Audit, Finding, Severity } from '../../../model/audit.ts';
import type { Hint } from '../../../model/user-error.ts';
import { counted } from '../../../model/wording.ts';
import { hintCommandText, type InContext } from '../../hint.ts';
import { type ChangeKind, EMPTY_MARKUP, html, isolated, type Markup, unbrokenMarkup } from '../../page/markup.ts';
import { acceptanceText, countFindings, findingSubject, showLocation } from '../findings.ts';
import { groupByFix, sharedFix } from '../fixes.ts';

/** The colour of a severity on a page, where its name is beside it. */
export const KINDS = { error: 'remove', warning: 'change', note: 'adopt' } as const satisfies Record<
  Severity,
  ChangeKind
>;
/** Further findings of one fix are folded. */
const OPEN = 5;
/** A command of more characters is folded. */
const LONG = 300;
/** How many accounts a command names. */
const NAMES = 50;

/** The section of one severity; nothing without findings. */
export function foundOf(audit: Audit, severity: Severity, inContext: InContext): Markup {
  const findings = audit.findings.filter((finding) => finding.severity === severity);
  if (findings.length === 0) return EMPTY_MARKUP;
  const byRule = new Map<string, Finding[][]>();
  for (const group of groupByFix(findings)) {
    const rule = group[0]?.rule ?? '';
    byRule.set(rule, [...(byRule.get(rule) ?? []), group]);
  }
  const cards = [...byRule].map(([rule, groups]) => html`${card(audit, rule, groups, KINDS[severity], inContext)}\n`);
  return html`<section id="${severity}s"><h2>${counted(countFindings(audit)[severity], severity)}</h2>${cards}</section>`;
}

function card(audit: Audit, rule: string, groups: Finding[][], kind: ChangeKind, inContext: InContext): Markup {
  const title = audit.rules.find(({ id }) => id === rule)?.title ?? '';
  const count = groups.reduce((sum, { length }) => sum + length, 0);
  const times = count === 1 ? EMPTY_MARKUP : html` <span class="quiet whole">${count} times</span>`;
  const parts = groups.map((group) => {
    const fix = sharedFix(
      group.map((finding) => finding.fix),
      NAMES,
      NAMES,
    );
    return html`<div class="found">${list(group.slice(0, OPEN))}${folded(group)}${fixOf(fix, inContext)}</div>`;
  });
  return html`<section class="card"><h3><a class="mark rule ${kind}" href="#${rule}">${rule}</a><span>${title}${times}</span></h3>${parts}</section>`;
}

/** The findings after the first. A text that all share is not repeated. */
function folded(group: readonly Finding[]): Markup {
  const rest = group.slice(OPEN);
  if (rest.length === 0) return EMPTY_MARKUP;
  const isSame = group.every(({ message }) => message === group[0]?.message);
  const summary = isSame ? `The same of ${rest.length} more` : `${rest.length} more`;
  return html`<details><summary>${summary}</summary>${list(rest, !isSame)}</details>`;
}

function list(findings: readonly Finding[], areSaid = true): Markup {
  const rows = findings.map((finding) => {
    const { message, location } = finding;
    const said = areSaid ? html` ${unbrokenMarkup(message)}` : EMPTY_MARKUP;
    const where = location === undefined ? EMPTY_MARKUP : html` <code>${showLocation(location)}</code>`;
    return html`<li><b>${isolated(findingSubject(finding))}</b>${said}${where}</li>\n`;
  });
  return html`<ul>${rows}</ul>`;
}

function fixOf(fix: Hint, inContext: InContext): Markup {
  const { text } = fix;
  const line = hintCommandText(fix, inContext);
  if (line === undefined) return html`<p class="quiet">${unbrokenMarkup(text)}</p>`;
  const box = html`<pre class="run"><code class="command">${unbrokenMarkup(line)}</code></pre>`;
  const shown = line.length <= LONG ? box : html`<details><summary>Show the command</summary>${box}</details>`;
  return html`<p class="quiet">${unbrokenMarkup(text.replace(/[.:]$/, ''))}:</p>${shown}`;
}

/** The findings that the configuration accepts. */
export function acceptedList({ accepted }: Audit): Markup {
  if (accepted.length === 0) return EMPTY_MARKUP;
  const rows = accepted.map((finding: AcceptedFinding) => {
    const where = html` <code class="quiet">${showLocation(finding.acceptance.location)}</code>`;
    return html`<li><a class="mark rule none" href="#${finding.rule}">${finding.rule}</a><div><b>${isolated(findingSubject(finding))}</b> ${unbrokenMarkup(finding.message)}<p class="quiet">${acceptanceText(finding)}${where}</p></div></li>\n`;
  });
  return html`<section id="accepted"><h2>${accepted.length} accepted</h2><ul class="rows">${rows}</ul></section>`;
}
