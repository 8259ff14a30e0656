/**
 * The live organization becomes lines of the configuration:
 *
 *   asked for              -> accounts and their unmanaged tokens               (candidates.ts)
 *   a series of tokens     -> one token, under a key                             (model/token-choice.ts, token-keys.ts)
 *   its type and life      -> a policy that tokens share, and is not due now     (policies.ts, lives.ts)
 *   equal Ducklings        -> a pool that accounts share                         (pools.ts)
 *   all of these           -> texts, in which what was there is as it was        (texts.ts, yaml-text.ts)
 *
 * What the configuration's guardrails forbid is not written. It is a pure function: the texts are written by others, who
 * first make sure that the next plan only adopts (only-adopts.ts).
 */
import type { Definitions } from '../model/definitions.ts';
import type { Ducklings } from '../model/ducklings.ts';
import type { Import, Skipped } from '../model/import.ts';
import { UserError } from '../model/user-error.ts';
import { type AccountTokens, writeTokens } from './account-tokens.ts';
import { type Candidate, type CandidateInput, findCandidates, isAsked } from './candidates.ts';
import { type AddressedToken, lifeNotices } from './life-notices.ts';
import { FIRST_STORE, Policies } from './policies.ts';
import { writeDucklings } from './pools.ts';
import { Texts } from './texts.ts';
import { type SecretPlaces, TokenKeys } from './token-keys.ts';
import { entriesOf, type Written, type WrittenEntry } from './written.ts';

export interface ImportInput extends CandidateInput {
  readonly definitions: Definitions;
  /** The texts of the configuration's files by the names that Desired has, the main one first. */
  readonly texts: ReadonlyMap<string, string>;
  /** The one of them that gets new accounts, policies and pools. */
  readonly into: string;
  readonly secrets: SecretPlaces;
  /** The secret store of new policies, where it was said. */
  readonly store?: string;
}

interface Taken {
  readonly candidate: Candidate;
  readonly tokens: AccountTokens;
}

/** Decides what an import writes. @throws UserError about what was asked for by name, USAGE, or IMPORT_REFUSED */
export function decideImport(input: ImportInput): Import {
  const { desired, definitions, state } = input;
  const { candidates, skipped: without } = findCandidates(input);
  const texts = new Texts(input.texts, input.into);
  const policies = new Policies(desired, definitions, input.store);
  const tools = { policies, keys: new TokenKeys(desired, input.secrets), state, now: input.live.now };

  const closed = new Map(candidates.map((candidate) => [candidate, closedTokens(candidate, texts)]));
  const open = candidates.filter((candidate) => closed.get(candidate) === undefined);
  const taken = open.map((candidate) => ({ candidate, tokens: writeTokens(candidate, tools) }));
  const skipped = [
    ...without,
    ...[...closed.values()].flatMap((tokens) => tokens ?? []),
    ...taken.flatMap(({ tokens }) => tokens.skipped),
  ];
  refuseNamed(candidates, skipped);

  const added = taken.filter(({ candidate }) => candidate.configured === undefined);
  const ducklings = writeDucklings(added.flatMap(ownerOf), desired, definitions);
  const addsStore = policies.added.length > 0 && desired.stores.size === 0;
  const accounts = added.map((each) => accountEntry(each, ducklings.ofAccount));
  texts.add(texts.main, ['secret_stores'], addsStore ? [STORE] : []);
  texts.add(texts.into, ['token_policies'], policies.added);
  texts.add(texts.into, ['duckling_pools'], ducklings.pools);
  texts.add(texts.into, ['accounts'], accounts);
  for (const { candidate, tokens } of taken) {
    const { configured, username } = candidate;
    if (configured) texts.add(configured.location.file, ['accounts', username, 'tokens'], tokens.entries);
  }

  const tokens = taken.flatMap(addressed);
  return {
    accounts: added.length,
    tokens: tokens.length,
    skipped,
    notices: [...ducklings.notices, ...lifeNotices(tokens)],
    texts: texts.changed(),
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

/** The tokens that are left out of an account whose block cannot take them without changing another one; undefined when it can. */
function closedTokens(candidate: Candidate, texts: Texts): Skipped[] | undefined {
  const { configured, username, tokens } = candidate;
  if (configured === undefined) return undefined;
  const { file } = configured.location;
  const closed = texts.closed(file, ['accounts', username, 'tokens']);
  if (closed === undefined) return undefined;
  const asked = tokens.filter((token) => isAsked(candidate, token));
  const reason = `${file}:${closed.line}: ${closed.why}, so that other accounts would get it too`;
  const hint = `Write the tokens of ${username} out there, then import again.`;
  return asked.map(({ id, name }) => ({ account: username, token: { name, id }, reason, hint }));
}

/** Someone who names a token wants that one, or to know why not. */
function refuseNamed(candidates: readonly Candidate[], skipped: readonly Skipped[]): void {
  const named = new Set(candidates.filter(({ only }) => only !== undefined).map(({ username }) => username));
  const refused = skipped.find(({ account, token }) => token !== undefined && named.has(account));
  if (refused === undefined) return;
  const message = `${refused.account}/${refused.token?.name} is not imported: ${refused.reason}`;
  throw new UserError('IMPORT_REFUSED', message, refused.hint);
}

/** A token that was named brings its account along, and nothing else of it. */
function ownerOf({ candidate: { username, live, only } }: Taken): { username: string; ducklings: Ducklings }[] {
  return live.ducklings === undefined || only !== undefined ? [] : [{ username, ducklings: live.ducklings }];
}

function accountEntry({ candidate, tokens }: Taken, ducklings: ReadonlyMap<string, Written>): WrittenEntry {
  const { username } = candidate;
  const compute = ducklings.get(username);
  const isLong = [compute, ...tokens.entries.map(({ value }) => value)].some((value) => typeof value === 'object');
  const all: Written = { layout: isLong ? 'block' : 'fit', entries: tokens.entries };
  const entries = entriesOf({ ducklings: compute, tokens: tokens.entries.length > 0 ? all : undefined });
  return { key: username, value: { layout: 'fit', entries } };
}

function addressed({ candidate, tokens }: Taken): AddressedToken[] {
  return tokens.taken.map((token) => ({ ...token, address: `${candidate.username}/${token.key}` }));
}
