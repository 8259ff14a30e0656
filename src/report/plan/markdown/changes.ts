/** The rows of the table of a plan's comment: identical changes are one row. */
import {
  type Action,
  type ActionName,
  type CreateToken,
  isStoring,
  RISKS,
  type Risk,
  type RotateToken,
} from '../../../model/action.ts';
import { reasonText } from '../../../wording/reasons.ts';
import { sharedReasonText, speaksOfOne } from '../../../wording/shared-reasons.ts';
import { lengthOf } from '../../comment.ts';
import { markdown, withArrows } from '../../escape.ts';
import { ceilingText } from '../ceiling.ts';
import { rangesText } from '../groups.ts';
import { disruptiveWordsText, symbolOf } from '../wording.ts';
import { listed, listedWithin } from './names.ts';

function rank(risk: Risk): number {
  return RISKS.indexOf(risk);
}

/** Safe actions that are always named: those that end or move something, or change what is managed. */
const NAMED: readonly ActionName[] = [
  'revoke_token',
  'rotate_token',
  'create_token',
  'adopt_token',
  'adopt_account',
  'run_setup',
  'forget',
];

/** The rank of other safe changes, which a comment may leave out: creations, Ducklings, rotations as planned. */
export const PLAIN = RISKS.length - 1 + NAMED.length;

/** Risky changes first, then those safe ones that are named. */
function actionRank(action: Action): number {
  if (action.risk !== 'safe') return rank(action.risk);
  const named = NAMED.indexOf(action.action);
  return named === -1 || !isNamed(action) ? PLAIN : SAFE + named;
}

/** A rotation is named when its secret goes elsewhere than before. */
function isNamed(action: Action): boolean {
  return !isStoring(action) || isMoved(action);
}

function isMoved({ reason, after }: CreateToken | RotateToken): boolean {
  const isElsewhere = reason.kind === 'changed' && reason.change.field.startsWith('secret_');
  return isElsewhere || after.secret_moves !== undefined;
}

/** Where safe changes begin. */
export const SAFE = rank('safe');

/** The rank of the first. */
export function rankOf(actions: readonly Action[]): number {
  return actions.reduce((least, action) => Math.min(least, actionRank(action)), PLAIN);
}

/** Identical changes: of several tokens of an account, or of several accounts. */
export interface ChangeRow {
  readonly symbol: string;
  readonly risk: Risk;
  readonly rank: number;
  readonly verb: string;
  /** In the words of one action, or in those that all share. */
  why: string;
  readonly accounts: string[];
  /** Of tokens, as the verb's object; none for a change of the account. */
  readonly names: string[];
}

/** The rows of a table of actions, by risk. */
export function groupIdentical(actions: readonly Action[]): ChangeRow[] {
  const changes = actions.map((action) => {
    const { verb, names, exact } = what(action);
    const shared = sharedReasonText(action);
    const rank = actionRank(action);
    const key = JSON.stringify([symbolOf(action), action.risk, rank, verb, shared, exact]);
    const own = { symbol: symbolOf(action), risk: action.risk, rank, verb, why: reasonText(action), names };
    return { key, shared, isOfOne: speaksOfOne(action), change: { ...own, accounts: [action.account] } };
  });
  const ofAccount = joined(
    changes,
    ({ key, change }) => JSON.stringify([change.accounts, key]),
    (a, b) => addTo(a.names, b.names),
  );
  const all = joined(
    ofAccount,
    ({ key, change }) => JSON.stringify([change.names, key]),
    (a, b) => addTo(a.accounts, b.accounts),
  );
  return all.map(({ change }) => change).sort((a, b) => a.rank - b.rank);
}

/** Not by `push(...)`, which a very long list overflows. */
function addTo(list: string[], names: readonly string[]): void {
  for (const name of names) list.push(name);
}

interface Keyed {
  readonly key: string;
  readonly shared: string;
  readonly isOfOne: boolean;
  readonly change: ChangeRow;
}

/** Joins changes of the same key, in the order of their first. */
function joined(
  all: readonly Keyed[],
  keyOf: (one: Keyed) => string,
  join: (into: ChangeRow, other: ChangeRow) => unknown,
): Keyed[] {
  const found = new Map<string, Keyed>();
  for (const one of all) {
    const key = keyOf(one);
    const known = found.get(key);
    if (known === undefined) found.set(key, one);
    else {
      join(known.change, one.change);
      if (one.isOfOne || known.change.why !== one.change.why) known.change.why = one.shared;
    }
  }
  return [...found.values()];
}

/** Of several safe changes, ranges of names. @param most The number of names that are shown; all unless given. */
export function row({ symbol, risk, verb, why, accounts, names }: ChangeRow, most?: number): string {
  const isRange = risk === 'safe' && accounts.length > 1;
  const who = isRange
    ? `${markdown(rangesText(accounts, most))} (${accounts.length} accounts)`
    : listed(accounts, most);
  const of = [verb, ...(names.length === 0 ? [] : [listed(names, most)])].map((text, at) =>
    at ? text : markdown(text),
  );
  return rowOf([`\`${symbol}\``, who, of.join(' '), riskText(risk), markdown(withArrows(why))]);
}

/** Characters of a short row without its names. */
const SHORT_ROW = 300;

/** Too many changes for a row each: one row an action, with the names alone, as far as they fit. */
export function shortRows(changes: readonly ChangeRow[], given: number): string[] {
  const groups = new Map<string, { readonly first: ChangeRow; readonly names: string[] }>();
  for (const change of changes) {
    const key = `${change.risk} ${change.verb}`;
    const names = change.accounts.flatMap((account) =>
      change.names.length === 0 ? [account] : change.names.map((name) => `${account}/${name}`),
    );
    const known = groups.get(key);
    if (known) addTo(known.names, names);
    else groups.set(key, { first: change, names });
  }
  let room = given - SHORT_ROW * groups.size;
  return [...groups.values()].map(({ first, names }) => {
    const text = listedWithin(names, room);
    room -= text.length;
    return rowOf([`\`${first.symbol}\``, text, markdown(first.verb), riskText(first.risk), '`mdacc plan` shows why']);
  });
}

/** The characters with which short rows name all. */
export function leastRoom(changes: readonly ChangeRow[]): number {
  const rows = shortRows(changes, Number.POSITIVE_INFINITY);
  return lengthOf(rows) + SHORT_ROW * rows.length;
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function riskText(risk: Risk): string {
  return risk === 'safe' ? 'safe' : `**${risk}**`;
}

/** What is done, to which tokens, and what else makes it another change than one of the same name. */
function what(action: Action): { readonly verb: string; readonly names: string[]; readonly exact?: unknown } {
  const verb = action.action.replace('_', ' ');
  switch (action.action) {
    case 'rotate_token':
      return { verb, names: [`${action.before.name} → ${action.after.name}`] };
    case 'create_token':
    case 'adopt_token':
      return { verb, names: [action.after.name] };
    case 'revoke_token':
      return { verb, names: [action.before.name] };
    case 'set_ducklings':
      return {
        verb: `${verb}${action.compute ? `, ${ceilingText(action.compute, '→')}` : ''}`,
        names: [],
        exact: [action.before, action.after],
      };
    case 'run_setup':
      return {
        verb: verb + disruptiveWordsText(action),
        names: [],
        exact: action.after.statements.map((sql) => sql.replaceAll(action.account, '{account}')),
      };
    case 'forget':
      return { verb, names: action.token === undefined ? [] : [action.token] };
    default:
      return { verb, names: [] };
  }
}
