import { defined } from '../model/defined.ts';
import type {
  MovedFrom,
  RetiringToken,
  RevokeRequest,
  SecretCopy,
  State,
  StateAccount,
  StateSetup,
  StateToken,
  StoredSecret,
  TokenIntent,
  TokenRecord,
} from '../model/state.ts';
import type { StateRun } from '../model/state-run.ts';

/** The version of the state file that this program writes. */
export const STATE_VERSION = 4;

/** The state file as JSON, described by `schemas/state.schema.json`: the entries of the model, with objects instead of maps. */
export interface StateDocument extends HeadDocument, Pick<State, 'lineage' | 'serial'> {
  readonly version: typeof STATE_VERSION;
  readonly accounts: Readonly<Record<string, AccountDocument>>;
}

/** The fields beside the accounts that say what the state is of. */
export interface HeadDocument extends Pick<State, 'configuration' | 'organization' | 'organization_id' | 'moved_from'> {
  readonly sandbox?: true;
  readonly runs?: readonly StateRun[];
}

/** An account's entry in the document. */
export type AccountDocument = Omit<StateAccount, 'tokens'> & { readonly tokens: Readonly<Record<string, StateToken>> };

/** All fields of an entry, in the order of the file. */
type Fields<T> = Readonly<Record<keyof T, true>>;

const MOVED_FROM: Fields<MovedFrom> = { place: true, serial: true, at: true };
const RUN: Fields<StateRun> = { at: true, who: true, command: true, counts: true, exit_code: true };
const ACCOUNT: Fields<StateAccount> = {
  username: true,
  id: true,
  origin: true,
  since: true,
  deletion_protection: true,
  intent: true,
  smoke: true,
  setup: true,
  tokens: true,
};
const ACCOUNT_INTENT: Fields<NonNullable<StateAccount['intent']>> = { action: true, at: true };
const SMOKE: Fields<NonNullable<StateAccount['smoke']>> = { at: true, passed: true };
const SETUP: Fields<StateSetup> = { at: true, passed: true, statements: true, created: true };
const TOKEN: Fields<StateToken> = {
  generation: true,
  current: true,
  stored: true,
  retiring: true,
  intents: true,
  revoke_old: true,
  suspended: true,
};
const REVOKE_REQUEST: Fields<RevokeRequest> = { at: true, generation: true, force: true };
const RECORD: Fields<TokenRecord> = {
  id: true,
  name: true,
  generation: true,
  type: true,
  created_at: true,
  expires_at: true,
  ttl: true,
  overlap: true,
  rotate_before: true,
  secret: true,
  verified_at: true,
  failed_at: true,
};
const COPY: Fields<SecretCopy> = { store: true, secret_path: true, command: true };
const SECRET: Fields<StoredSecret> = {
  store: true,
  secret_path: true,
  at: true,
  fingerprint: true,
  command: true,
  also: true,
  serial: true,
};
const RETIRING: Fields<RetiringToken> = {
  id: true,
  name: true,
  expires_at: true,
  retire_at: true,
  secret: true,
  fingerprint: true,
};
const INTENT: Fields<TokenIntent> = {
  name: true,
  generation: true,
  at: true,
  storing: true,
  store: true,
  secret_path: true,
  fingerprint: true,
  command: true,
  also: true,
};

/**
 * The text of the state file. It is committed to git, so equal states have equal texts and a small change has a small
 * diff: accounts and tokens are sorted by name, and fields have a fixed order, each on its own line.
 */
export function serializeState(state: State): string {
  return [...statePieces(state)].join('');
}

/** The same text in pieces, about one for each account, so that a large state never is one string. */
export function* statePieces(state: State): Generator<string> {
  const { runs = [], ...rest } = headDocument(state);
  const head = { version: STATE_VERSION, lineage: state.lineage, serial: state.serial, ...rest };
  yield JSON.stringify(head, null, 2).replace(/\n\}$/, '');
  // A line each.
  if (runs.length > 0) yield `,\n  "runs": [\n    ${runs.map((run) => JSON.stringify(run)).join(',\n    ')}\n  ]`;
  yield ',\n  "accounts": {';
  let before = '\n    ';
  for (const [key, account] of sorted(state.accounts)) {
    yield `${before}${JSON.stringify(key)}: `;
    yield accountText(account);
    before = ',\n    ';
  }
  yield state.accounts.size === 0 ? '}\n}\n' : '\n  }\n}\n';
}

/** The state as a document. */
export function stateDocument(state: State): StateDocument {
  const { lineage, serial, accounts } = state;
  const entries = [...sorted(accounts)].map(([key, account]) => [key, accountDocument(account)]);
  return { version: STATE_VERSION, lineage, serial, ...headDocument(state), accounts: Object.fromEntries(entries) };
}

function accountText(account: StateAccount): string {
  return JSON.stringify(accountDocument(account), null, 2).replaceAll('\n', '\n    ');
}

/** An account's entry as JSON on one line. */
export function serializeAccount(account: StateAccount): string {
  return JSON.stringify(accountDocument(account));
}

/** Sorted by UTF-16 code units, because the order of a locale differs between machines. */
function* sorted<T>(map: ReadonlyMap<string, T>): Generator<[string, T]> {
  for (const key of [...map.keys()].sort()) {
    const value = map.get(key);
    if (value !== undefined) yield [key, value];
  }
}

/** The fields of a state beside its accounts, in the order of the file. */
export function headDocument(state: State): HeadDocument {
  const { configuration, organization, organization_id, sandbox, runs, moved_from } = state;
  return {
    ...defined({ configuration }),
    organization,
    ...defined({ organization_id }),
    ...(sandbox ? { sandbox: true as const } : {}),
    ...(moved_from === undefined ? {} : { moved_from: ordered(moved_from, MOVED_FROM) }),
    ...(runs.length > 0 ? { runs: runs.map((run) => ordered(run, RUN)) } : {}),
  };
}

/** An account's entry, in the order of the file. */
export function accountDocument(account: StateAccount): AccountDocument {
  const { intent, smoke, setup } = account;
  return {
    ...ordered(account, ACCOUNT),
    ...(intent && { intent: ordered(intent, ACCOUNT_INTENT) }),
    ...(smoke && { smoke: ordered(smoke, SMOKE) }),
    ...(setup && { setup: ordered(setup, SETUP) }),
    // fromEntries defines own properties, so that a token may be named `__proto__`.
    tokens: Object.fromEntries([...sorted(account.tokens)].map(([key, token]) => [key, tokenDocument(token)])),
  };
}

/** A token's entry, in the order of the file. */
export function tokenDocument(token: StateToken): StateToken {
  return {
    ...ordered(token, TOKEN),
    ...(token.current && { current: recordDocument(token.current) }),
    ...(token.stored && { stored: secretDocument(token.stored) }),
    retiring: token.retiring.map((one) => ({
      ...ordered(one, RETIRING),
      ...(one.secret && { secret: secretDocument(one.secret) }),
    })),
    intents: token.intents.map((one) => withCopies(ordered(one, INTENT))),
    ...(token.revoke_old && { revoke_old: ordered(token.revoke_old, REVOKE_REQUEST) }),
  };
}

function recordDocument(record: TokenRecord): TokenRecord {
  const { secret } = record;
  return { ...ordered(record, RECORD), secret: secret === 'unknown' ? secret : secretDocument(secret) };
}

function secretDocument(secret: StoredSecret): StoredSecret {
  return withCopies(ordered(secret, SECRET));
}

function withCopies<T extends { readonly also?: readonly SecretCopy[] }>(entry: T): T {
  return entry.also === undefined ? entry : { ...entry, also: entry.also.map((copy) => ordered(copy, COPY)) };
}

/** A copy with its fields in the order of the file. */
function ordered<T extends object>(entry: T, fields: Fields<T>): T {
  const copy: Partial<T> = {};
  for (const field in fields) if (entry[field] !== undefined) copy[field] = entry[field];
  return copy as T;
}

/** Converts a document that matches the schema to a state. */
export function stateFromDocument(document: StateDocument): State {
  const {
    organization,
    organization_id,
    configuration,
    sandbox = false,
    lineage,
    serial,
    runs = [],
    moved_from,
    accounts,
  } = document;
  return {
    organization,
    ...defined({ organization_id, configuration }),
    sandbox,
    lineage,
    serial,
    runs,
    ...defined({ moved_from }),
    accounts: mapOf(accounts, (account) => ({ ...account, tokens: mapOf(account.tokens, (token) => token) })),
  };
}

function mapOf<T, U>(object: Readonly<Record<string, T>>, convert: (value: T) => U): ReadonlyMap<string, U> {
  return new Map(Object.entries(object).map(([key, value]) => [key, convert(value)]));
}
