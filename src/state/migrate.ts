import { STATE_VERSION } from './state-document.ts';

/** A parsed state document of any version, not checked yet. */
type OldDocument = Readonly<Record<string, unknown>>;

/** By version: turns a document into one of the next version. A field that older programs would misread needs a new version. */
const STEPS: ReadonlyMap<number, (document: OldDocument) => OldDocument> = new Map([
  [1, toVersion2],
  [2, toVersion3],
  [3, toVersion4],
]);

/** Migrates a document to the current version; undefined when it has a version that this program cannot read. */
export function migrateDocument(document: OldDocument, from: number): OldDocument | undefined {
  let current = document;
  for (let version = from; version < STATE_VERSION; version++) {
    const step = STEPS.get(version);
    if (step === undefined) return undefined;
    current = step(current);
  }
  return current;
}

/** Version 2 renamed `proved_at` to `verified_at`, and in `secret` `place` to `secret_path`. */
function toVersion2(document: OldDocument): OldDocument {
  const token = inField('current', (record) =>
    renamed(inField('secret', (secret) => renamed(secret, 'place', 'secret_path'))(record), 'proved_at', 'verified_at'),
  );
  const account = inField('tokens', (tokens) => inEach(tokens, token));
  return { ...inField('accounts', (accounts) => inEach(accounts, account))(document), version: 2 };
}

/** Version 3 added optional fields, and the token to secret paths that were the name of the store alone. */
function toVersion3(document: OldDocument): OldDocument {
  const account: Change = (entry) =>
    inField('tokens', (tokens) =>
      Object.fromEntries(
        Object.entries(tokens).map(([key, token]) => {
          const record = inField('secret', (secret) =>
            secret.secret_path === secret.store
              ? { ...secret, secret_path: `${secret.store}#${entry.username}/${key}` }
              : secret,
          );
          return [key, isObject(token) ? inField('current', record)(token) : token];
        }),
      ),
    )(entry);
  return { ...inField('accounts', (accounts) => inEach(accounts, account))(document), version: 3 };
}

/**
 * Version 4 made runs of their times, and removed `why` of retiring tokens. One whose secret was never stored could be revoked at once, so its overlap
 * has ended.
 */
function toVersion4(document: OldDocument): OldDocument {
  const account: Change = (entry) => {
    const retiring = ({ why, ...token }: OldDocument): OldDocument =>
      why === 'never_stored' ? { ...token, retire_at: entry.since } : token;
    const token: Change = (one) =>
      Array.isArray(one.retiring)
        ? { ...one, retiring: one.retiring.map((old: unknown) => (isObject(old) ? retiring(old) : old)) }
        : one;
    return inField('tokens', (tokens) => inEach(tokens, token))(entry);
  };
  const runs = Array.isArray(document.runs)
    ? { runs: document.runs.map((at: unknown) => (typeof at === 'string' ? { at } : at)) }
    : {};
  return { ...inField('accounts', (accounts) => inEach(accounts, account))(document), ...runs, version: 4 };
}

type Change = (object: OldDocument) => OldDocument;

/** Changes the object in a field. Other values stay, for the schema to refuse. */
function inField(name: string, change: Change): Change {
  return (object) => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return isObject(value) ? { ...object, [name]: change(value) } : object;
  };
}

function inEach(object: OldDocument, change: Change): OldDocument {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, isObject(value) ? change(value) : value]),
  );
}

function renamed(object: OldDocument, from: string, to: string): OldDocument {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key === from ? to : key, value]));
}

function isObject(value: unknown): value is OldDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
