import { createHash } from 'node:crypto';
import { isCredential } from '../model/credential.ts';
import { quote } from '../model/quote.ts';
import {
  ACCOUNT,
  forAccount,
  isNoStatement,
  isSeveralStatements,
  openTransaction,
  type SetupStatement,
  sqlCode,
  unseenCharacter,
} from '../model/setup.ts';
import { nearest } from '../model/suggestion.ts';
import type { Problems } from '../yaml/problems.ts';
import { locationOf } from '../yaml/source.ts';
import { type Node, textOf } from '../yaml/tree.ts';
import type { Resolved, ResolvedAccount } from './resolve.ts';

const CREATES_SECRET = /\bcreate\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|persistent)\s+)?secret\b/i;
/** What a username may have outside of quotes, where `-` and spaces would mean something else. */
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * Checks the statements of `setup`: each is one statement, names no token, leaves no transaction open, and is what it looks like for every username. A query
 * of the smoke test is one statement too.
 */
export function checkSetup({ templates, accounts }: Resolved, problems: Problems): void {
  for (const query of new Set(accounts.flatMap(({ smokeQuery }) => smokeQuery ?? []))) {
    if (!isSeveralStatements(textOf(query) ?? '')) continue;
    problems.error('smoke-query', query.at, 'several SQL statements in a query of the smoke test', {
      hint: 'leave one; statements that prepare the account belong in its setup',
    });
  }
  const [checked, left] = [new Set<Node>(), new Set<Node>()];
  for (const node of [...templates, ...accounts].flatMap(({ setup }) => setup)) {
    if (checked.has(node)) continue;
    checked.add(node);
    checkStatement(node, problems);
  }
  for (const { setup } of accounts) {
    const begun = setup[openTransaction(setup.map((node) => textOf(node) ?? '')) ?? -1];
    if (begun === undefined || left.has(begun)) continue;
    left.add(begun);
    const message = 'begins a transaction that no later statement ends, so nothing from here on would stay';
    problems.error('setup-transaction', begun.at, message, { hint: 'add COMMIT after it, or leave it out' });
  }
  for (const { username, setup, smokeQuery, at } of accounts) {
    if (PLAIN_NAME.test(username)) continue;
    const isUnquoted = (node: Node) => sqlCode(textOf(node) ?? '').includes(ACCOUNT);
    const unquoted = setup.find(isUnquoted) ?? (smokeQuery && isUnquoted(smokeQuery) ? smokeQuery : undefined);
    if (unquoted === undefined) continue;
    const what = unquoted === smokeQuery ? 'smoke.query' : 'setup';
    problems.error('setup-name', at, `${what} uses ${ACCOUNT} without quotes, and ${quote(username)} needs them`, {
      related: { message: 'the statement is', at: unquoted.at },
      hint: `write "${ACCOUNT}" in double quotes in the statement`,
    });
  }
}

function checkStatement(node: Node, problems: Problems): void {
  const sql = textOf(node);
  if (sql === undefined) return;
  const unseen = unseenCharacter(sql);
  if (unseen !== undefined) {
    problems.error('setup-character', node.at, `an SQL statement of setup contains the character ${unseen}`, {
      hint: 'leave it out, since the plan could not show it; only line breaks and tabs are allowed',
    });
  }
  // An empty text has been reported.
  if (sql !== '' && isNoStatement(sql))
    problems.error('setup-statement', node.at, 'expected an SQL statement, found none');
  if (isSeveralStatements(sql)) {
    problems.error('setup-statement', node.at, 'several SQL statements in one text', {
      hint: 'give each statement an entry of its own in the list',
    });
  }
  checkPlaceholders(node, sql, problems);
  if (CREATES_SECRET.test(sqlCode(sql))) {
    problems.error('setup-token', node.at, 'setup cannot create a SECRET, since the plan shows its statements', {
      hint: 'leave it out, and create the secret as the account, once',
    });
  }
  // The plan shows every statement, and with another token it would run as another account.
  if (/motherduck_token/i.test(sql) || [sql, joined(sql)].some(isCredential)) {
    problems.error('setup-token', node.at, 'an SQL statement of setup must not contain a token or another credential', {
      hint: 'leave it out: setup runs as the account itself',
    });
  }
}

/** The statement with texts that `||` puts together as one. */
function joined(sql: string): string {
  return sql.replace(/'\s*\|\|\s*'/g, '');
}

/** A text of SQL may have such words of its own, so they are no error. */
function checkPlaceholders(node: Node, sql: string, problems: Problems): void {
  for (const word of new Set(sql.match(/\{[A-Za-z_]\w*\}/g))) {
    if (word === ACCOUNT) continue;
    const near = nearest(word, [ACCOUNT]);
    problems.warning('setup-placeholder', node.at, `setup has no placeholder ${word}, so it is sent as it is`, {
      hint: near === undefined ? `there is ${ACCOUNT}, the username` : `did you mean ${near}?`,
    });
  }
}

/** The statements of an account, with its name. */
export function setupOf({ setup, username }: ResolvedAccount): SetupStatement[] {
  return setup.flatMap((node) => {
    const text = textOf(node);
    if (text === undefined) return [];
    const sql = forAccount(text.trim(), username);
    const hash = createHash('sha256').update(sql).digest('hex').slice(0, 32);
    return [{ sql, hash, location: locationOf(node.at) }];
  });
}
