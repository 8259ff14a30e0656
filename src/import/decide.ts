/**
 * The live organization becomes lines of the configuration:
 *
 *   asked for              -> accounts and their unmanaged tokens               (candidates.ts)
 *   a series of tokens     -> one token, under a key                             (token-choice.ts, token-keys.ts)
 *   its type and life      -> a policy that tokens share, and is not due now     (policies.ts, lives.ts)
 *   equal Ducklings        -> a pool that accounts share                         (pools.ts)
 *   all of these           -> texts, in which what was there is as it was        (yaml-text.ts)
 *
 * What the configuration's guardrails forbid is not written. It is a pure function: the texts are written by others, who
 * first make sure that the next plan only adopts (only-adopts.ts).
 */
import type { Definitions } from '../model/definitions.ts';
import type { Import, LeftOut } from '../model/import.ts';
import { UserError } from '../model/user-error.ts';
import { type AccountTokens, writeTokens } from './account-tokens.ts';
import { type Candidate, type CandidateInput, findCandidates, isAsked } from './candidates.ts';
import { lifeNotices } from './life-notices.ts';
import { FIRST_STORE, Policies } from './policies.ts';
import { writeDucklings } from './pools.ts';
import { TokenKeys } from './token-keys.ts';
import { entriesOf, type Written, type WrittenEntry } from './written.ts';
import { YamlText } from './yaml-text.ts';

export interface ImportInput extends CandidateInput {
  readonly definitions: Definitions;
  /** The texts of the configuration's files by the names that Desired has, the main one first. */
  readonly texts: ReadonlyMap<string, string>;
  /** The one of them that gets new accounts, policies and pools. */
  readonly into: string;
  /** The secret store of new policies, where it was said. */
  readonly store?: string;
}

interface Taken {
  readonly candidate: Candidate;
  readonly tokens: AccountTokens;
}

/** Decides what an import writes. @throws UserError about what was asked for by name, USAGE, or IMPORT_REFUSED */
export function decideImport(input: ImportInput): Import {
  const { desired, definitions } = input;
  const found = findCandidates(input);
  const yaml = new Map([...input.texts].map(([file, text]) => [file, new YamlText(text)]));
  const tools = {
    policies: new Policies(desired, definitions, input.store),
    keys: new TokenKeys(desired),
    state: input.state,
    now: input.live.now,
  };
  const closed = found.candidates.flatMap((candidate) => closedTokens(candidate, yaml));
  const shut = new Set(closed.map(({ account }) => account));
  const open = found.candidates.filter(({ username, configured }) => configured === undefined || !shut.has(username));
  const taken = open.map((candidate) => ({ candidate, tokens: writeTokens(candidate, tools) }));
  const leftOut = [...found.leftOut, ...closed, ...taken.flatMap(({ tokens }) => tokens.leftOut)];
  refuseNamed(found.candidates, leftOut);

  const added = taken.filter(({ candidate }) => candidate.configured === undefined);
  // A token that was named brings its account along, and nothing else of it.
  const owners = added.flatMap(({ candidate: { username, live, only } }) =>
    live.ducklings === undefined || only !== undefined ? [] : [{ username, ducklings: live.ducklings }],
  );
  const ducklings = writeDucklings(owners, desired, definitions);
  const addsStore = tools.policies.added.length > 0 && desired.stores.size === 0;
  const main = [...input.texts.keys()][0] ?? input.into;
  if (addsStore) add(yaml, main, ['secret_stores'], [STORE]);
  add(yaml, input.into, ['token_policies'], tools.policies.added);
  add(yaml, input.into, ['duckling_pools'], ducklings.pools);
  add(
    yaml,
    input.into,
    ['accounts'],
    added.map((each) => accountEntry(each, ducklings.ofAccount)),
  );
  for (const {
    candidate: { configured, username },
    tokens,
  } of taken) {
    if (configured) add(yaml, configured.where.file, ['accounts', username, 'tokens'], tokens.entries);
  }
  const tokens = taken.flatMap(({ candidate, tokens: { taken: all } }) =>
    all.map((each) => ({ ...each, address: `${candidate.username}/${each.key}` })),
  );
  return {
    accounts: added.length,
    tokens: tokens.length,
    leftOut,
    notices: [...ducklings.notices, ...lifeNotices(tokens)],
    texts: changedTexts(input, yaml, main),
    adopts: {
      accounts: new Set(added.map(({ candidate }) => candidate.username)),
      tokens: new Map(tokens.map(({ address, token }) => [address, token.id])),
    },
    addsStore,
  };
}

const STORE: WrittenEntry = {
  key: FIRST_STORE,
  value: { layout: 'line', entries: entriesOf({ kind: 'file', path: '.motherduck/secrets.env', format: 'dotenv' }) },
};

/** Tokens of an account whose block cannot take them without changing another one. */
function closedTokens(candidate: Candidate, yaml: ReadonlyMap<string, YamlText>): LeftOut[] {
  const { configured, username, tokens } = candidate;
  if (configured === undefined) return [];
  const { file } = configured.where;
  const closed = yaml.get(file)?.closed(['accounts', username, 'tokens']);
  if (closed === undefined) return [];
  const asked = tokens.filter((token) => isAsked(candidate, token));
  const reason = `${file}:${closed.line}: ${closed.why}, so that other accounts would get it too`;
  const hint = `Write the tokens of ${username} out there, then import again.`;
  return asked.map(({ id, name }) => ({ account: username, token: { name, id }, reason, hint }));
}

/** Someone who names a token wants that one, or to know why not. */
function refuseNamed(candidates: readonly Candidate[], leftOut: readonly LeftOut[]): void {
  const named = new Set(candidates.filter(({ only }) => only !== undefined).map(({ username }) => username));
  const refused = leftOut.find(({ account, token }) => token !== undefined && named.has(account));
  if (refused === undefined) return;
  const message = `${refused.account}/${refused.token?.name} is not imported: ${refused.reason}`;
  throw new UserError('IMPORT_REFUSED', message, refused.hint);
}

function accountEntry({ candidate, tokens }: Taken, ducklings: ReadonlyMap<string, Written>): WrittenEntry {
  const { username } = candidate;
  const compute = ducklings.get(username);
  const isLong = [compute, ...tokens.entries.map(({ value }) => value)].some((value) => typeof value === 'object');
  const all: Written = { layout: isLong ? 'block' : 'fit', entries: tokens.entries };
  const entries = entriesOf({ ducklings: compute, tokens: tokens.entries.length > 0 ? all : undefined });
  return { key: username, value: { layout: 'fit', entries } };
}

function add(
  yaml: ReadonlyMap<string, YamlText>,
  file: string,
  path: readonly string[],
  entries: readonly WrittenEntry[],
): void {
  const text = yaml.get(file);
  if (entries.length === 0 || text === undefined) return;
  const closed = text.closed(path);
  if (closed === undefined) {
    text.add(path, entries);
    return;
  }
  const where = { file, line: closed.line, column: 1 };
  const hint = `Write ${path.join('.')} out in that place, then import again.`;
  throw new UserError('IMPORT_REFUSED', `${closed.why}, so that nothing can be added to it`, hint, { where });
}

/** The files that differ now, those with new definitions before those that use them. */
function changedTexts(input: ImportInput, yaml: ReadonlyMap<string, YamlText>, main: string): Map<string, string> {
  const files = [...new Set([main, input.into, ...input.texts.keys()])];
  return new Map(
    files.flatMap((file) => {
      const text = yaml.get(file)?.edited();
      return text === undefined || text === input.texts.get(file) ? [] : [[file, text] as const];
    }),
  );
}
