import type { RetiringToken, State, StateAccount, StateToken, TokenIntent, TokenRecord } from '../model/state.ts';
import type { AccountJson, IntentJson, RecordJson, RetiringJson, StateJson, TokenJson } from './state-json.ts';
import { STATE_VERSION } from './state-json.ts';

/**
 * The state file's text. It is committed to git, so the same state always gives the same text and a small change gives
 * a small diff: accounts and tokens are sorted by name, and everything has its own line.
 */
export function serializeState(state: State): string {
  return [...statePieces(state)].join('');
}

/** The same text in pieces, an account each: a large state need not be one string to be written. */
export function* statePieces(state: State): Generator<string> {
  const head = [
    `"version": ${STATE_VERSION}`,
    `"lineage": ${JSON.stringify(state.lineage)}`,
    `"serial": ${state.serial}`,
    `"organization": ${JSON.stringify(state.organization)}`,
    ...(state.sandbox ? ['"sandbox": true'] : []),
    ...(state.runs.length > 0 ? [`"runs": ${JSON.stringify(state.runs, null, 2).replaceAll('\n', '\n  ')}`] : []),
  ];
  yield `{\n  ${head.join(',\n  ')},\n  "accounts": {`;
  let before = '\n    ';
  for (const [key, account] of sorted(state.accounts)) {
    yield `${before}${JSON.stringify(key)}: `;
    yield accountText(account);
    before = ',\n    ';
  }
  yield state.accounts.size === 0 ? '}\n}\n' : '\n  }\n}\n';
}

/** Accounts are never changed in place, so the text of one that stayed the same is made once, however often it is written. */
const texts = new WeakMap<StateAccount, string>();

function accountText(account: StateAccount): string {
  const known = texts.get(account);
  if (known !== undefined) return known;
  const text = JSON.stringify(accountJson(account), null, 2).replaceAll('\n', '\n    ');
  texts.set(account, text);
  return text;
}

/** One account of the state file, as JSON. */
export function serializeAccount(account: StateAccount): string {
  return JSON.stringify(accountJson(account));
}

/** By the characters' codes, not by a language's rules: those differ between machines. */
function* sorted<T>(map: ReadonlyMap<string, T>): Generator<[string, T]> {
  for (const key of [...map.keys()].sort()) {
    const value = map.get(key);
    if (value !== undefined) yield [key, value];
  }
}

function accountJson(account: StateAccount): AccountJson {
  return {
    username: account.username,
    ...(account.id === undefined ? {} : { id: account.id }),
    origin: account.origin,
    since: account.since,
    deletion_protection: account.deletionProtection,
    ...(account.intent === undefined ? {} : { intent: { action: account.intent.action, at: account.intent.at } }),
    ...(account.smoke === undefined ? {} : { smoke: { at: account.smoke.at, passed: account.smoke.passed } }),
    // fromEntries defines its names, so that one like `__proto__` is only a name.
    tokens: Object.fromEntries([...sorted(account.tokens)].map(([key, token]) => [key, tokenJson(token)])),
  };
}

function tokenJson(token: StateToken): TokenJson {
  return {
    generation: token.generation,
    ...(token.current === undefined ? {} : { current: recordJson(token.current) }),
    retiring: token.retiring.map(retiringJson),
    intents: token.intents.map(intentJson),
  };
}

function recordJson(record: TokenRecord): RecordJson {
  const { secret } = record;
  return {
    id: record.id,
    name: record.name,
    generation: record.generation,
    type: record.type,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    ...(record.ttl === undefined ? {} : { ttl: record.ttl }),
    secret: secret === 'unknown' ? secret : { store: secret.store, place: secret.secretPath, at: secret.at },
    ...(record.verifiedAt === undefined ? {} : { proved_at: record.verifiedAt }),
    ...(record.failedAt === undefined ? {} : { failed_at: record.failedAt }),
  };
}

function retiringJson(token: RetiringToken): RetiringJson {
  return {
    id: token.id,
    name: token.name,
    expires_at: token.expiresAt,
    ...(token.retireAt === undefined ? {} : { retire_at: token.retireAt }),
    why: token.why,
  };
}

function intentJson(intent: TokenIntent): IntentJson {
  return { name: intent.name, generation: intent.generation, at: intent.at };
}

/** The state that a checked document says. */
export function stateFromJson(json: StateJson): State {
  return {
    organization: json.organization,
    sandbox: json.sandbox ?? false,
    lineage: json.lineage,
    serial: json.serial,
    runs: json.runs ?? [],
    accounts: new Map(Object.entries(json.accounts).map(([key, account]) => [key, accountFromJson(account)])),
  };
}

function accountFromJson(json: AccountJson): StateAccount {
  const { deletion_protection: deletionProtection, tokens, ...same } = json;
  return {
    ...same,
    deletionProtection,
    tokens: new Map(Object.entries(tokens).map(([key, token]) => [key, tokenFromJson(token)])),
  };
}

function tokenFromJson(json: TokenJson): StateToken {
  const { current, retiring, ...same } = json;
  return {
    ...same,
    ...(current === undefined ? {} : { current: recordFromJson(current) }),
    retiring: retiring.map(retiringFromJson),
  };
}

function recordFromJson(json: RecordJson): TokenRecord {
  const {
    created_at: createdAt,
    expires_at: expiresAt,
    proved_at: verifiedAt,
    failed_at: failedAt,
    secret,
    ...same
  } = json;
  const seen = { ...(verifiedAt === undefined ? {} : { verifiedAt }), ...(failedAt === undefined ? {} : { failedAt }) };
  const stored = secret === 'unknown' ? secret : { store: secret.store, secretPath: secret.place, at: secret.at };
  return { ...same, createdAt, expiresAt, secret: stored, ...seen };
}

function retiringFromJson(json: RetiringJson): RetiringToken {
  const { expires_at: expiresAt, retire_at: retireAt, ...same } = json;
  return { ...same, expiresAt, ...(retireAt === undefined ? {} : { retireAt }) };
}
