/** The state for a terminal: a line per account, and below it its tokens with their secret paths. */

import { compareText } from '../../model/collections.ts';
import { copiesOf, mayBeStored, type StateAccount, type StateToken } from '../../model/state.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { dayOf } from '../../model/time.ts';
import { counted, enumerated, expiryText } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { type Paint, plain } from '../terminal-text.ts';
import type { ShownState } from './json.ts';

const MIN_KEY_WIDTH = 12;
const MAX_KEY_WIDTH = 32;

/** Writes the state. */
export function stateText({ state, isRehearsed }: ShownState, paint: Paint = plain): string {
  const accounts = [...state.accounts.values()].sort((a, b) => compareText(a.username, b.username));
  const blocks = accounts.map((account) => accountBlock(account, paint, isRehearsed));
  const tokens = accounts.reduce((sum, { tokens }) => sum + [...tokens.values()].filter(isMore).length, 0);
  const location = state.sandbox ? ', in the sandbox' : '';
  const total = `${printable(state.organization)}${location}: ${counted(accounts.length, 'account')}, ${counted(tokens, 'token')}; serial ${state.serial}, the number of changes of the state.`;
  return `${[...blocks, paint.bold(total)].join('\n\n')}\n`;
}

function accountBlock(account: StateAccount, paint: Paint, isRehearsed: ShownState['isRehearsed']): string {
  const username = printable(account.username);
  const facts = [
    `${account.origin} ${dayOf(account.since)}`,
    account.deletion_protection ? 'protected' : 'not protected',
    ...([...account.tokens.values()].some(({ suspended }) => suspended) ? ['suspended'] : []),
    account.smoke
      ? `smoke test ${account.smoke.passed ? 'passed' : 'failed'} ${dayOf(account.smoke.at)}`
      : 'never tested',
    ...(account.intent ? [`interrupted: ${account.intent.action.replace('_', ' ')}`] : []),
  ];
  const width = Math.max(MIN_KEY_WIDTH, columnWidth([...account.tokens.keys()].map(printable), MAX_KEY_WIDTH));
  const tokens = [...account.tokens]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([key, token]) => tokenLines(key, width, token, secretText(account.username, key, token, isRehearsed)));
  return [`${paint.bold(username)}  ${paint.dim(printable(facts.join(', ')))}`, ...tokens].join('\n');
}

/** Whether more than the generation of a token is known. */
function isMore({ current, retiring, intents }: StateToken): boolean {
  return current !== undefined || retiring.length > 0 || intents.length > 0;
}

/** Where the secret of the current token is. */
function secretText(
  account: string,
  key: string,
  { current }: StateToken,
  isRehearsed: ShownState['isRehearsed'],
): string {
  if (current === undefined || current.secret === 'unknown') return 'secret unknown (adopted)';
  const { fingerprint } = current.secret;
  const copies = copiesOf(current.secret).map(({ store, secret_path: path }) =>
    fingerprint !== undefined && isRehearsed?.(account, key, store, fingerprint)
      ? `the sandbox's stand-in for ${store}`
      : path,
  );
  return `secret in ${enumerated(copies)}`;
}

function tokenLines(key: string, width: number, token: StateToken, secret: string): string[] {
  const lines: string[] = [];
  const { current } = token;
  if (current) {
    lines.push(`${current.name}, ${current.type}, ${expiryText(current.expires_at)}, ${secret}`);
  }
  for (const old of token.retiring) {
    const status =
      old.retire_at === undefined
        ? 'replaced, live until its replacement is verified'
        : `replaced, revoked after ${old.retire_at.slice(0, 16).replace('T', ' ')} UTC`;
    lines.push(`${old.name}, ${status}`);
  }
  for (const intent of token.intents)
    lines.push(
      `${intent.name}, an unfinished creation of ${dayOf(intent.at)}, ${mayBeStored(intent) ? 'which may be revoked; a store may have its secret' : 'not recorded as stored'}`,
    );
  if (token.suspended && lines.length === 0) lines.push('none, since its account is suspended');
  return lines.map((line, index) => printable(`  ${padTo(index === 0 ? printable(key) : '', width)} ${line}`));
}
