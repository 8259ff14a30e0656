/**
 * Turns the live organization into lines of the configuration:
 *
 *   the selection          -> accounts and their unmanaged tokens                (selection.ts)
 *   a series of tokens     -> one token with a key                               (tokens.ts, model/token-choice.ts)
 *   its type and lifetime  -> a policy that tokens share, and is not due now     (policies.ts)
 *   equal Ducklings        -> a pool that accounts share                         (pools.ts)
 *   all of these           -> texts in which the existing lines are unchanged    (yaml-text.ts)
 *
 * What the guardrails forbid is not written. It is a pure function: the caller writes the texts, after it has made sure
 * that the next plan only adopts (adoption-check.ts).
 */
import { DEFAULT_SECRETS } from '../model/defaults.ts';
import type { Definitions } from '../model/desired.ts';
import type { Ducklings } from '../model/ducklings.ts';
import { entryName } from '../model/entry-name.ts';
import { NEWER_VERSION } from '../model/hints.ts';
import type { Import, Skipped } from '../model/import.ts';
import { UserError } from '../model/user-error.ts';
import { type AdoptionCandidate, type CandidateInput, findCandidates, isSelected } from './adoption-candidates.ts';
import { FIRST_STORE, Policies } from './policies.ts';
import { writeDucklings } from './pools.ts';
import {
  type AddressedToken,
  type ImportedTokens,
  lifetimeNotices,
  type NewSecretPaths,
  sameDayNotices,
  TokenKeys,
  writeTokens,
} from './tokens.ts';
import { type Closed, YamlText } from './yaml-text.ts';
import { definedEntries, type YamlEntry, type YamlValue } from './yaml-writer.ts';

/** What an import is decided from. */
interface DecideInput extends CandidateInput {
  readonly definitions: Definitions;
  /** The texts of the configuration's files by the names in Desired, the main file first. */
  readonly texts: ReadonlyMap<string, string>;
  /** The file that gets new accounts, policies and pools. */
  readonly into: string;
  readonly secrets: NewSecretPaths;
  /** The secret store of new policies (`--store`). */
  readonly store?: string;
}

interface Imported {
  readonly candidate: AdoptionCandidate;
  readonly tokens: ImportedTokens;
}

/** An import, or the named accounts and tokens for which all of it is refused. */
type ImportOutcome = { readonly import: Import } | { readonly refused: Skipped };

/** Decides what an import writes. @throws UserError about the selection, USAGE, or IMPORT_REFUSED */
export function decideImport(input: DecideInput): ImportOutcome {
  const { desired, definitions, state } = input;
  const { candidates, skipped: skippedAccounts, refused } = findCandidates(input);
  if (refused[0] !== undefined) return { refused: refused[0] };
  const texts = new ConfigTexts(input.texts, input.into);
  const live = candidates.flatMap(({ tokens }) => tokens);
  const policies = new Policies(desired, definitions, live, input.store);
  const tools = { policies, keys: new TokenKeys(desired, input.secrets), state, now: input.live.now };

  const closed = new Map(candidates.map((candidate) => [candidate, closedTokens(candidate, texts)]));
  const open = candidates.filter((candidate) => closed.get(candidate) === undefined);
  const imported = open.map((candidate) => ({ candidate, tokens: writeTokens(candidate, tools) }));
  const skipped = [
    ...skippedAccounts,
    ...[...closed.values()].flatMap((tokens) => tokens ?? []),
    ...imported.flatMap(({ tokens }) => tokens.skipped),
    ...imported.flatMap(({ candidate }) => unreadableTokens(candidate)),
  ];
  const { selection } = input;
  const isFound = selection.what === 'some' && selection.isFound;
  const named = isFound ? undefined : namedToken(candidates, skipped);
  if (named !== undefined) return { refused: named };

  const added = imported.filter(({ candidate }) => candidate.configured === undefined);
  const ducklings = writeDucklings(added.flatMap(ownerOf), desired, definitions);
  const addsStore = policies.added.length > 0 && desired.stores.size === 0;
  const accounts = added.map((each) => accountEntry(each, ducklings.ofAccount));
  texts.add(texts.main, ['secret_stores'], addsStore ? [STORE] : []);
  texts.add(texts.into, ['token_policies'], policies.added);
  texts.add(texts.into, ['duckling_pools'], ducklings.pools);
  texts.add(texts.into, ['accounts'], accounts);
  for (const { candidate, tokens } of imported) {
    const { configured, username } = candidate;
    if (configured) texts.add(configured.location.file, ['accounts', username, 'tokens'], tokens.entries);
  }

  const tokens = imported.flatMap(addressed);
  return {
    import: {
      accounts: added.length,
      tokens: tokens.length,
      skipped,
      notices: [...ducklings.notices, ...lifetimeNotices(tokens), ...sameDayNotices(tokens, desired, state)],
      texts: texts.changed(),
      adopts: {
        accounts: new Set(added.map(({ candidate }) => candidate.username)),
        tokens: new Map(tokens.map(({ address, token }) => [address, token.id])),
      },
      addsStore,
    },
  };
}

const STORE: YamlEntry = {
  key: FIRST_STORE,
  value: { layout: 'line', entries: definedEntries({ kind: 'file', path: DEFAULT_SECRETS, format: 'dotenv' }) },
};

/** The selected tokens of an account whose block cannot take them without changing another one; undefined when it can. */
function closedTokens(candidate: AdoptionCandidate, texts: ConfigTexts): Skipped[] | undefined {
  const { configured, username, tokens } = candidate;
  if (configured === undefined) return undefined;
  const { file } = configured.location;
  const closed = texts.closed(file, ['accounts', username, 'tokens']);
  if (closed === undefined) return undefined;
  const reason = { kind: 'shared_block' as const, file, ...closed };
  return tokens
    .filter((token) => isSelected(candidate, token))
    .map(({ id, name }) => ({ account: username, token: { name, id }, reason }));
}

/** The selected tokens that this version cannot read. */
function unreadableTokens({ username, live, only }: AdoptionCandidate): Skipped[] {
  const hint = { text: NEWER_VERSION };
  return (live.unreadableTokens ?? [])
    .filter(({ id, name }) => only === undefined || only.includes(id) || only.includes(name))
    .map(({ id, name, why }) => ({
      account: username,
      token: { id, name },
      reason: { kind: 'unreadable', message: why, hint },
    }));
}

/** The first skipped token that was named: nothing is imported then. */
function namedToken(candidates: readonly AdoptionCandidate[], skipped: readonly Skipped[]): Skipped | undefined {
  const named = new Set(candidates.filter(({ only }) => only !== undefined).map(({ username }) => username));
  return skipped.find(({ account, token }) => token !== undefined && named.has(account));
}

/** A new account's Ducklings, if they are selected. */
function ownerOf({ candidate }: Imported): { username: string; ducklings: Ducklings }[] {
  const { username, live, withoutDucklings = false } = candidate;
  return live.ducklings === undefined || withoutDucklings ? [] : [{ username, ducklings: live.ducklings }];
}

function accountEntry({ candidate, tokens }: Imported, ducklings: ReadonlyMap<string, YamlValue>): YamlEntry {
  const { username } = candidate;
  const compute = ducklings.get(username);
  const isLong = [compute, ...tokens.entries.map(({ value }) => value)].some((value) => typeof value === 'object');
  const all: YamlValue = { layout: isLong ? 'block' : 'fit', entries: tokens.entries };
  const entries = definedEntries({ ducklings: compute, tokens: tokens.entries.length > 0 ? all : undefined });
  return { key: username, value: { layout: 'fit', entries } };
}

function addressed({ candidate, tokens }: Imported): AddressedToken[] {
  return tokens.imported.map((token) => ({
    ...token,
    address: entryName({ account: candidate.username, token: token.key }),
  }));
}

/** The files of a configuration while entries are added to them. */
class ConfigTexts {
  readonly #before: ReadonlyMap<string, string>;
  readonly #yaml: ReadonlyMap<string, YamlText>;
  /** The only file that may have secret stores. */
  readonly main: string;
  /** The file that gets new accounts, policies and pools. */
  readonly into: string;

  /** @param texts By file, the main file first. */
  constructor(texts: ReadonlyMap<string, string>, into: string) {
    this.#before = texts;
    this.#yaml = new Map([...texts].map(([file, text]) => [file, new YamlText(text)]));
    this.main = [...texts.keys()][0] ?? into;
    this.into = into;
  }

  /** Why nothing can be added to a mapping of a file without changing another one; undefined when it can. */
  closed(file: string, path: readonly string[]): Closed | undefined {
    return this.#yaml.get(file)?.closed(path);
  }

  /** Adds entries to a mapping of a file. Call it once per mapping. @throws UserError IMPORT_REFUSED when it is closed */
  add(file: string, path: readonly string[], entries: readonly YamlEntry[]): void {
    if (entries.length === 0) return;
    const closed = this.closed(file, path);
    if (closed !== undefined) {
      const location = { file, line: closed.line, column: 1 };
      const hint = `Replace it by a mapping of its own under ${path.join('.')}, then import again.`;
      throw new UserError('IMPORT_REFUSED', `${closed.why}, so nothing can be added to it`, hint, { location });
    }
    this.#yaml.get(file)?.add(path, entries);
  }

  /** The changed files, those with new definitions before those that use them. */
  changed(): Map<string, string> {
    const files = [...new Set([this.main, this.into, ...this.#before.keys()])];
    const edited = files.map((file) => [file, this.#yaml.get(file)?.edited() ?? ''] as const);
    return new Map(edited.filter(([file, text]) => text !== this.#before.get(file)));
  }
}
