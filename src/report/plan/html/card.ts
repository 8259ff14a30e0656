/** The cards of accounts: their actions and reasons, and their YAML before and after, folded. */
import { type Action, deletedTokens, RISKS, type Risk } from '../../../model/action.ts';
import { counted } from '../../../model/wording.ts';
import { withArrows } from '../../escape.ts';
import { type ChangeKind, EMPTY_MARKUP, html, type Markup, nameList, tag } from '../../page/markup.ts';
import { accountDiff } from '../account-yaml.ts';
import { type AccountGroup, type GroupedAction, groupAccounts, ofAccount } from '../groups.ts';
import { actionSubject, type ActionSymbol as Sign, symbolOf } from '../wording.ts';
import { accountNameList } from './account-names.ts';

const KIND_OF = {
  '+': 'create',
  '-': 'remove',
  '~': 'change',
  '-/+': 'change',
  '?': 'adopt',
} as const satisfies Record<Sign, ChangeKind>;

/** In a plan of more cards, those with only safe actions are folded. */
const OPEN = 20;

/** The cards of one risk: that of the worst action in each. */
interface CardSection {
  readonly risk: Risk;
  readonly cards: Markup;
}

/** A card for each account, or for several with identical changes, those with the worst risk first. */
export function accountCards(actions: readonly Action[]): CardSection[] {
  const groups = groupAccounts(actions);
  const isLong = groups.length > OPEN;
  return RISKS.flatMap((risk) => {
    const own = groups.filter((group) => group.risk === risk);
    const cards = own.map((group) => html`${card(group, isLong && risk === 'safe')}\n`);
    return own.length === 0 ? [] : [{ risk, cards: html`${cards}` }];
  });
}

function card(group: AccountGroup, isFolded: boolean): Markup {
  const own = ofAccount(group);
  const rest = group.actions.filter((each) => each !== own);
  const [account = ''] = group.accounts;
  const isOne = group.accounts.length === 1;
  const head = html`<h3>${mark(own ? symbolOf(own.action) : '~')} <bdi>${isOne ? account : counted(group.accounts.length, 'account')}</bdi></h3>`;
  const names = isOne ? EMPTY_MARKUP : html`<div class="whose">${accountNameList(group.accounts)}</div>`;
  const rows = [...(own ? [own] : []), ...rest].map((each) => row(each, own, group.sql));
  const changes = accountDiff(
    account,
    group.actions.map(({ action }) => action),
  );
  const title = isOne ? 'Before and after' : html`Before and after, of <bdi>${account}</bdi>`;
  const diff =
    changes === '' ? EMPTY_MARKUP : html`<details><summary>${title}</summary>${diffMarkup(changes)}</details>`;
  const body = html`${names}<ul class="rows">${rows}</ul>${diff}`;
  if (!isFolded) return html`<section class="card">${head}${body}</section>`;
  return html`<details class="card"><summary>${head} <span class="quiet">${actionCounts(group.actions)}</span></summary>${body}</details>`;
}

/** `create account, set ducklings, create token (2)`. */
function actionCounts(actions: readonly GroupedAction[]): string {
  const counts = new Map<string, number>();
  for (const { action } of actions) {
    const what = action.action.replace('_', ' ');
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => (count === 1 ? what : `${what} (${count})`)).join(', ');
}

function mark(sign: Sign): Markup {
  return html`<span class="mark ${KIND_OF[sign]}" aria-hidden="true">${sign}</span>`;
}

function row(
  { action, detail, reason }: GroupedAction,
  own: GroupedAction | undefined,
  sql: readonly string[],
): Markup {
  const subject = actionSubject(action);
  const part = subject === '' ? EMPTY_MARKUP : html` <code>${withArrows(subject)}</code>`;
  const risk = action.risk === 'safe' ? EMPTY_MARKUP : html` ${riskTag(action.risk)}`;
  // In the card of a new account, "the account is new" need not be repeated at every part.
  const isKnown = own?.action.action === 'create_account' && action.reason.kind === 'new_account';
  const more = [
    detail === '' ? EMPTY_MARKUP : html`<p>${withArrows(detail)}</p>`,
    isKnown ? EMPTY_MARKUP : html`<p class="quiet">${withArrows(reason)}</p>`,
    action.action === 'run_setup' && sql.length > 0 ? html`<pre>${sql.join('\n')}</pre>` : EMPTY_MARKUP,
    tokensOf(action),
  ];
  return html`<li>${mark(symbolOf(action))}<div>${verbOf(action)}${part}${risk}${more}</div></li>`;
}

function tokensOf(action: Action): Markup {
  const tokens = action.action === 'delete_account' ? deletedTokens(action) : [];
  if (tokens.length === 0) return EMPTY_MARKUP;
  return html`<p class="quiet">Tokens deleted too:</p>${nameList(tokens.map(({ name }) => name))}`;
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

function riskTag(risk: Exclude<Risk, 'safe'>): Markup {
  return tag(risk === 'destructive' ? 'remove' : 'change', risk);
}

/** `rotate token`. */
function verbOf({ action }: Action): string {
  return action === 'set_ducklings' ? 'set' : action === 'run_setup' ? 'run' : action.replace('_', ' ');
}
