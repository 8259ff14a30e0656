/** The card of an account: its actions and their reasons, and its YAML before and after, folded. */
import type { Action, Risk } from '../../../model/plan.ts';
import { reasonText } from '../../../plan/reason-text.ts';
import { html, type Kind, type Markup, NOTHING, nameList, tag } from '../../page/markup.ts';
import { accountDiff } from '../account-yaml.ts';
import { detailOf, isOfAccount, type Symbol as Sign, shownSql, subjectOf, symbolOf } from '../wording.ts';

const KIND_OF = {
  '+': 'create',
  '-': 'remove',
  '~': 'change',
  '-/+': 'change',
  '?': 'adopt',
} as const satisfies Record<Sign, Kind>;

/** In a plan of more accounts, cards with only safe actions are folded. */
const OPEN = 20;

/** A card for each account, in the plan's order. */
export function accountCards(groups: ReadonlyMap<string, readonly Action[]>): Markup | undefined {
  if (groups.size === 0) return undefined;
  const isLong = groups.size > OPEN;
  return html`${[...groups].map(([account, actions], index) => {
    const isFolded = isLong && actions.every(({ risk }) => risk === 'safe');
    return html`${card(account, actions, cardId(index), isFolded)}\n`;
  })}`;
}

/** The id of a card, for links; without any name in it. */
export function cardId(index: number): string {
  return `account-${index + 1}`;
}

function card(account: string, actions: readonly Action[], id: string, isFolded: boolean): Markup {
  const own = actions.find(isOfAccount);
  const rest = actions.filter((action) => action !== own);
  const head = html`<h3>${mark(own ? symbolOf(own) : '~')} <bdi>${account}</bdi></h3>`;
  const list = html`<ul class="rows">${[...(own ? [own] : []), ...rest].map((action) => row(action, own))}</ul>`;
  const changes = accountDiff(account, actions);
  const diff =
    changes === '' ? NOTHING : html`<details><summary>Before and after</summary>${diffMarkup(changes)}</details>`;
  if (!isFolded) return html`<section class="card" id="${id}">${head}${list}${diff}</section>`;
  return html`<details class="card" id="${id}"><summary>${head} <span class="quiet">${actionCounts(actions)}</span></summary>${list}${diff}</details>`;
}

/** `create account, set ducklings, create token (2)`. */
function actionCounts(actions: readonly Action[]): string {
  const counts = new Map<string, number>();
  for (const action of actions) {
    const what = action.action.replace('_', ' ');
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => (count === 1 ? what : `${what} (${count})`)).join(', ');
}

function mark(sign: Sign): Markup {
  return html`<span class="mark ${KIND_OF[sign]}" aria-hidden="true">${sign}</span>`;
}

function row(action: Action, own: Action | undefined): Markup {
  const subject = subjectOf(action);
  const part = subject === '' ? NOTHING : html` <code>${subject}</code>`;
  const risk = action.risk === 'safe' ? NOTHING : html` ${riskTag(action.risk)}`;
  const detail = detailOf(action);
  const more = [
    detail === '' ? NOTHING : html`<p>${detail}</p>`,
    reason(action, own),
    setupSql(action),
    deletedTokens(action),
  ];
  return html`<li>${mark(symbolOf(action))}<div>${verbOf(action)}${part}${risk}${more}</div></li>`;
}

/** In the card of a new account, "the account is new" need not stand at every part. */
function reason(action: Action, own: Action | undefined): Markup {
  if (own?.action === 'create_account' && action.reason.kind === 'new_account') return NOTHING;
  return html`<p class="quiet">${reasonText(action)}</p>`;
}

function deletedTokens(action: Action): Markup {
  if (action.action !== 'delete_account' || action.before.tokens.length === 0) return NOTHING;
  return html`<p class="quiet">Its tokens, deleted too:</p>${nameList(action.before.tokens.map(({ name }) => name))}`;
}

function setupSql(action: Action): Markup {
  const sql = shownSql([action]);
  return sql.length === 0 ? NOTHING : html`<pre>${sql.join('\n')}</pre>`;
}

/** The lines of a unified diff. Each keeps its sign, so that no meaning depends on colour alone. */
function diffMarkup(diff: string): Markup {
  const parts = runs(diff.split('\n')).map(({ sign, lines }) => {
    const text = lines.join('\n');
    if (sign === '+') return html`<ins>${text}</ins>\n`;
    if (sign === '-') return html`<del>${text}</del>\n`;
    return html`${text}\n`;
  });
  return html`<pre>${parts}</pre>`;
}

/** Groups neighbouring lines of one sign, so that a page of a thousand accounts has few elements. */
function runs(lines: readonly string[]): { readonly sign: string; readonly lines: string[] }[] {
  const all: { sign: string; lines: string[] }[] = [];
  for (const line of lines) {
    const sign = line.slice(0, 1);
    const last = all.at(-1);
    if (last?.sign === sign) last.lines.push(line);
    else all.push({ sign, lines: [line] });
  }
  return all;
}

/** A tag for the risk of an action; nothing for a safe one. */
export function riskTag(risk: Risk, text: string = risk): Markup {
  return risk === 'safe' ? NOTHING : tag(risk === 'destructive' ? 'remove' : 'change', text);
}

/** `rotate token`. */
export function verbOf({ action }: Action): string {
  return action === 'set_ducklings' ? 'set' : action === 'run_setup' ? 'run' : action.replace('_', ' ');
}
