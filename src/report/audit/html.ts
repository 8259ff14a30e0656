/** An audit as a page: the summary line first, then the findings by account, most severe first; the rules at the end. */
import type { AcceptedFinding, Audit, Finding, Severity } from '../../model/audit.ts';
import { counted } from '../../model/wording.ts';
import { placeOfState, printable } from '../escape.ts';
import { hintText } from '../hint.ts';
import { countedNames, html, type Kind, type Markup, NOTHING, tag } from '../page/markup.ts';
import { page } from '../page/page.ts';
import {
  acceptanceText,
  auditSummary,
  byAccount,
  countFindings,
  SEVERITIES,
  showLocation,
  subjectOf,
  unconfiguredHint,
} from './findings.ts';
import { computeText, storedText, usageRows, usageTitle, usageUnknowns } from './usage.ts';

const KINDS = { error: 'remove', warning: 'change', note: 'adopt' } as const satisfies Record<Severity, Kind>;
/** Notes on more accounts than this are folded, so that the rules stay in reach. */
const NOTES_OPEN = 20;

/** Writes the audit. */
export function auditHtml(given: Audit): string {
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
    facts: [html`${counted(audit.rules.length, 'rule')} checked`, ...(next ? [html`${hintText(next)}`] : [])],
    sections: [
      ...SEVERITIES.map((severity) => found(audit, severity)),
      accepted(audit),
      usage(audit),
      ignored(audit),
      rules(audit),
    ],
  });
}

function found(audit: Audit, severity: Severity): Markup {
  const groups = byAccount(audit, severity);
  if (groups.size === 0) return NOTHING;
  const title = html`<h2>${counted(countFindings(audit)[severity], severity)}</h2>`;
  const cards = [...groups].map(([account, findings]) => html`${card(account, findings, severity)}\n`);
  const isFolded = severity === 'note' && groups.size > NOTES_OPEN;
  const body = isFolded ? html`<details><summary>Show them</summary>${cards}</details>` : html`${cards}`;
  return html`<section id="${severity}s">${title}${body}</section>`;
}

function card(account: string | undefined, findings: readonly Finding[], severity: Severity): Markup {
  const name = account === undefined ? html`The organization` : html`<bdi>${account}</bdi>`;
  const rows = findings.map((finding) => row(finding, KINDS[severity]));
  return html`<section class="card"><h3>${name}</h3><ul class="rows">${rows}</ul></section>`;
}

function row({ rule, token, message, fix, location }: Finding, kind: Kind): Markup {
  const about = token === undefined ? NOTHING : html`<code>${token}</code> `;
  const where = location === undefined ? NOTHING : html`<p class="quiet"><code>${showLocation(location)}</code></p>`;
  const id = html`<a class="mark rule ${kind}" href="#${rule}">${rule}</a>`;
  return html`<li>${id}<div>${about}${message}<p class="quiet">${hintText(fix)}</p>${where}</div></li>`;
}

function accepted({ accepted: all }: Audit): Markup {
  if (all.length === 0) return NOTHING;
  const rows = all.map((finding: AcceptedFinding) => {
    const where = html`<p class="quiet"><code>${showLocation(finding.acceptance.location)}</code></p>`;
    return html`<li><a class="mark rule" href="#${finding.rule}">${finding.rule}</a><div><b>${subjectOf(finding)}</b> ${finding.message}<p>${acceptanceText(finding)}</p>${where}</div></li>`;
  });
  return html`<section id="accepted"><h2>${all.length} accepted</h2><ul class="rows">${rows}</ul></section>`;
}

function usage({ usage: read }: Audit): Markup {
  if (read === undefined) return NOTHING;
  const rows = usageRows(read).map(
    (row) =>
      html`<tr><th scope="row"><bdi>${row.account}</bdi></th><td>${computeText(row)}</td><td>${storedText(row)}</td></tr>\n`,
  );
  const head = html`<thead><tr><th scope="col">Account</th><th scope="col">Compute</th><th scope="col">Storage</th></tr></thead>`;
  const table = rows.length === 0 ? NOTHING : html`<table>${head}<tbody>${rows}</tbody></table>`;
  const unknowns = usageUnknowns(read).map((text) => html`<p>${text}</p>`);
  return html`<section id="usage"><h2>${usageTitle(read)}</h2>${table}${unknowns}</section>`;
}

function ignored({ ignored: names }: Audit): Markup {
  if (names.length === 0) return NOTHING;
  return html`<section id="ignored"><h2>Not checked because of “ignore”</h2>${countedNames(names, 'account')}</section>`;
}

/** A link from a finding unfolds the list: browsers open the `details` that contains the target. */
function rules({ rules: all, findings }: Audit): Markup {
  if (all.length === 0) return NOTHING;
  const entries = all.map(({ id, name, severity, title, help }) => {
    const count = findings.filter((finding) => finding.rule === id).length;
    const times =
      count === 0 ? NOTHING : html` <span class="quiet">found ${count === 1 ? 'once' : `${count} times`}</span>`;
    return html`<li id="${id}"><p><b>${id} ${name}</b> ${tag(KINDS[severity], severity)}${times}</p><p>${title}</p><p class="quiet">${help}</p></li>\n`;
  });
  return html`<section id="rules"><h2>The rules</h2><details><summary>What each of them reports, and why it matters</summary><ul class="apart">
${entries}</ul></details></section>`;
}
