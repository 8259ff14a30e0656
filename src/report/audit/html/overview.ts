/** The organization at a glance: its numbers, and for one without findings what was checked and what comes next. */
import type { Audit } from '../../../model/audit.ts';
import { counted } from '../../../model/wording.ts';
import { counters } from '../../page/counters.ts';
import { EMPTY_MARKUP, html, type Markup } from '../../page/markup.ts';
import { countFindings } from '../findings.ts';
import { ducklingsOf, totalCeiling } from './ducklings.ts';
import { DAYS_AHEAD, isSoon, type NextToken, nextText } from './expiry.ts';

const NEXT_SHOWN = 3;

/** @param next The tokens that change, soonest first. */
export function overview(audit: Audit, next: readonly NextToken[]): Markup {
  const { error, warning, note } = countFindings(audit);
  const { accounts } = audit.inventory;
  const now = Date.parse(audit.at);
  const soon = next.filter((token) => isSoon(token, now)).length;
  const unmanaged = accounts.filter(({ standing }) => standing === 'unmanaged').length;
  const ceiling = totalCeiling(audit.inventory);
  return html`<section id="overview">${counters([
    { label: error === 1 ? 'error' : 'errors', count: error, kind: 'remove' },
    { label: warning === 1 ? 'warning' : 'warnings', count: warning, kind: 'change' },
    { label: note === 1 ? 'note' : 'notes', count: note, kind: 'adopt' },
    { label: 'accepted', count: audit.accepted.length },
    { label: audit.checked.accounts === 1 ? 'account' : 'accounts', count: audit.checked.accounts },
    ...(unmanaged > 0 ? [{ label: 'of them unmanaged', count: unmanaged }] : []),
    { label: audit.checked.tokens === 1 ? 'token' : 'tokens', count: audit.checked.tokens },
    { label: `of them ${soon === 1 ? 'changes' : 'change'} in ${DAYS_AHEAD} days`, count: soon },
    { label: 'Ducklings at most', count: accounts.reduce((sum, { ducklings }) => sum + ducklingsOf(ducklings), 0) },
    ...(ceiling === undefined ? [] : [{ label: 'an hour at most', count: ceiling }]),
  ])}${audit.findings.length === 0 ? clean(audit, next) : EMPTY_MARKUP}</section>`;
}

/** What was checked, and what comes next. */
function clean(audit: Audit, all: readonly NextToken[]): Markup {
  const { rules, checked, accepted } = audit;
  const others = accepted.length === 0 ? '' : ' but what the configuration accepts';
  const next = all.slice(0, NEXT_SHOWN);
  const now = Date.parse(audit.at);
  const list = next.map((token) => html`<li>${nextText(token, now)}</li>`);
  const comes = next.length === 0 ? html`<p>No token expires or rotates.</p>` : html`<ul class="plain">${list}</ul>`;
  return html`<div class="notice create"><b>✓ Nothing was found${others}.</b><p>${counted(rules.length, 'rule')} checked ${counted(checked.accounts, 'account')} and ${counted(checked.tokens, 'token')}; <a href="#rules">the rules</a> are at the end.</p><p>What comes next:</p>${comes}</div>`;
}
