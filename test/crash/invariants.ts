/** What must hold: after a kill, all that others rely on; after the next apply, everything. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import type { DesiredToken } from '../../src/model/desired.ts';
import type { StateToken } from '../../src/model/state.ts';
import { isSmokeToken } from '../../src/model/tokens.ts';
import { SANDBOX } from '../stage.ts';
import { type CrashStage, DOTENV, JSON_FILE } from './crash-stage.ts';
import { Snapshot } from './snapshot.ts';

/** What may never break, however the program ended: files that can be read, and programs that can connect. */
export async function problemsAfterKill(stage: CrashStage, before: Snapshot): Promise<string[]> {
  const now = await Snapshot.take(stage);
  return [...damagedFiles(stage), ...unmanagedChanges(before, now), ...cutOff(stage, before, now)];
}

/** What the next apply must have come to. `whole` is how an apply that nobody killed ended. */
export async function problemsAtEnd(stage: CrashStage, before: Snapshot, whole: Snapshot): Promise<string[]> {
  const now = await Snapshot.take(stage);
  return [
    ...damagedFiles(stage),
    ...(await leftFiles(stage)),
    ...unmanagedChanges(before, now),
    ...halfDone(now),
    ...unusable(stage, now),
    ...differences(shape(before, whole), shape(before, now)),
  ];
}

/** A program that could connect with what its store holds can still do so. */
function cutOff(stage: CrashStage, before: Snapshot, now: Snapshot): string[] {
  return before.desiredTokens().flatMap(({ name, account, token, current, live }) => {
    if (live === undefined || current?.secret === 'unknown' || before.isExpired(live)) return [];
    const hashes = new Set(now.tokens(account).map(({ hash }) => hash));
    const opens = storedHashes(stage, account, token).every((hash) => hash !== undefined && hashes.has(hash));
    return opens ? [] : [`what the store has for ${name} opens nothing`];
  });
}

/** What programs find in the stores and can connect with, as they may from now on until the overlap has ended: hashes, by token. */
export async function usable(stage: CrashStage): Promise<ReadonlyMap<string, string>> {
  const now = await Snapshot.take(stage);
  return new Map(
    now.desiredTokens().flatMap(({ name, account, token }) =>
      storedHashes(stage, account, token).flatMap((stored, at): [string, string][] => {
        const live = now.tokens(account).find(({ hash }) => hash === stored);
        if (live === undefined || token.overlap === 0 || now.isExpired(live)) return [];
        return [[`${name} in ${token.stores[at]}`, live.hash]];
      }),
    ),
  );
}

/** Programs that read a store after a kill can go on with that through the next apply. */
export async function revokedInUse(stage: CrashStage, used: ReadonlyMap<string, string>): Promise<string[]> {
  const live = new Set((await Snapshot.take(stage)).accounts.flatMap(({ tokens }) => tokens.map(({ hash }) => hash)));
  return [...used].flatMap(([name, hash]) =>
    live.has(hash) ? [] : [`what the store had for ${name} after the kill opens nothing`],
  );
}

/** Every configured token is live, of its type, and its secret is in its store. */
function unusable(stage: CrashStage, now: Snapshot): string[] {
  return now.desiredTokens().flatMap(({ name, account, token, current, live }) => {
    if (live === undefined || now.isExpired(live)) return [`${name} has no live token`];
    if (live.type !== token.type) return [`${name} is ${live.type}`];
    if (current?.secret === 'unknown' || storedHashes(stage, account, token).every((hash) => hash === live.hash))
      return [];
    return [`the secret of ${name} is not in its stores`];
  });
}

/** An intent of a call that never came to anything may stay a while; one that has a live token may not. */
function halfDone(now: Snapshot): string[] {
  return [...(now.state?.accounts ?? [])].flatMap(([username, account]) => {
    const names = now.tokens(username).map((token) => token.name);
    const open = [...account.tokens].flatMap(([key, { intents }]) =>
      intents.filter(({ name }) => names.includes(name)).map(({ name }) => `${username}/${key} still intends ${name}`),
    );
    return account.intent === undefined ? open : [...open, `${username} still intends ${account.intent.action}`];
  });
}

/** Accounts and tokens that are nobody's business here stay as they are. */
function unmanagedChanges(before: Snapshot, now: Snapshot): string[] {
  const unmanaged = ({ accounts }: Snapshot) =>
    accounts.flatMap((account): object[] =>
      before.isManaged(account.username) ? account.tokens.filter(({ name }) => name === 'theirs') : [account],
    );
  return differences(unmanaged(before), unmanaged(now)).map((line) => `unmanaged: ${line}`);
}

/**
 * What is live and what is remembered, in terms that every run from the same beginning shares: what was there before
 * is named by its id, what is made is only `new`. What the state knows to be on its way out, and only a kill made, is
 * left out: a replacement that was itself replaced, in its overlap.
 */
function shape(before: Snapshot, after: Snapshot): string[] {
  const old = new Map(before.accounts.flatMap(({ tokens }) => tokens.map(({ id, name }) => [id, `"${name}" ${id}`])));
  for (const { id } of before.accounts) old.set(id, id);
  const nameOf = (id = '') => old.get(id) ?? 'new';
  const live = after.accounts.flatMap(({ id, username, ducklings, tokens }) => {
    const roles = rolesOf(after.stateTokens(username));
    return [
      `${username}, ${nameOf(id)}, ${JSON.stringify(ducklings)}`,
      ...tokens.flatMap((token) => {
        const { role = 'is not in the state', until = 0 } = roles.get(token.id) ?? {};
        const isReplaced = until > after.now && (after.isExpired(token) || !old.has(token.id));
        // That of a smoke test that was killed expires by itself.
        const isLeaving = isReplaced || isSmokeToken(token);
        const type = after.isExpired(token) ? `expired ${token.type}` : token.type;
        return isLeaving ? [] : [`${username}: ${type} token ${nameOf(token.id)} ${role}`];
      }),
    ];
  });
  const remembered = [...(after.state?.accounts ?? [])].flatMap(
    ([username, { origin, deletion_protection: deletionProtection, tokens, setup }]) => [
      `the state's ${username}, ${origin}, ${deletionProtection ? 'protected' : 'not protected'}`,
      ...(setup ? [`the setup of ${username} ${setup.passed ? 'passed' : 'failed'}: ${setup.statements.join()}`] : []),
      ...[...tokens].map(
        ([key, { current }]) => `the state's ${username}/${key}: ${current ? nameOf(current.id) : 'none'}`,
      ),
    ],
  );
  return [...live, ...remembered];
}

interface Role {
  readonly role: string;
  /** When a replaced one is revoked. */
  readonly until?: number;
}

/** What each token is to the state, by id. */
function rolesOf(held: ReadonlyMap<string, StateToken>): Map<string, Role> {
  const roles = new Map<string, Role>();
  for (const [key, { current, retiring }] of held) {
    if (current) roles.set(current.id, { role: `is ${key}` });
    for (const { id, retire_at: retireAt = 'never' } of retiring) {
      roles.set(id, { role: `is replaced, to be revoked ${retireAt.slice(0, 10)}`, until: Date.parse(retireAt) });
    }
  }
  return roles;
}

/** As bags: what comes twice must come twice. */
function differences(wanted: readonly unknown[], found: readonly unknown[]): string[] {
  const textOf = (each: unknown) => (typeof each === 'string' ? each : JSON.stringify(each));
  const missing = wanted.map(textOf);
  const surplus: string[] = [];
  for (const text of found.map(textOf)) {
    const index = missing.indexOf(text);
    if (index === -1) surplus.push(text);
    else missing.splice(index, 1);
  }
  return [...surplus.map((text) => `should not be: ${text}`), ...missing.map((text) => `is missing: ${text}`)];
}

/** Secrets files are whole, their owner's alone, and hold what others wrote there. */
function damagedFiles(stage: CrashStage): string[] {
  const files = [DOTENV, JSON_FILE].filter((name) => existsSync(stage.file(name)));
  return files.flatMap((name) => {
    const mode = statSync(stage.file(name)).mode & 0o777;
    return [
      ...(mode === 0o600 || process.platform === 'win32' ? [] : [`${name} has mode ${mode.toString(8)}`]),
      ...(isWhole(name, stage.read(name)) ? [] : [`${name} is damaged`]),
    ];
  });
}

function isWhole(name: string, text: string): boolean {
  if (name === DOTENV) return /^# written by hand\nOTHER=theirs\n(MOTHERDUCK_TOKEN_\w+=[\w.-]{100,}\n)*$/.test(text);
  return Object.values(JSON.parse(text) as object).every((tokens) =>
    Object.values(tokens as object).every((secret) => typeof secret === 'string' && secret.length > 100),
  );
}

/** No lock and no temporary file stays, also not in the service that has the state. */
async function leftFiles(stage: CrashStage): Promise<string[]> {
  const names = readdirSync(stage.path, { recursive: true, encoding: 'utf8' });
  const ours = names.filter((name) => !name.startsWith(SANDBOX) && /\.(tmp|lock|takeover\d*)$/.test(name));
  // A name of its own for each would hide that they are one problem.
  const locks = ((await stage.service?.locks()) ?? []).map((key) => key.replace(/-.*(?=\.json)/, '-…'));
  return [...ours.map((name) => name.replace(/\.mdacc-.*(?=\.tmp)/, '…')), ...locks].map((name) => `${name} was left`);
}

/** Read as programs read it, with none of the tool's own code: the SHA-256 of what stands in a token's store, which is what the organization keeps of a secret; undefined: nothing. */
function storedHashes(stage: CrashStage, account: string, { key, stores }: DesiredToken): (string | undefined)[] {
  return stores.map((store) => {
    const secret = READ[store]?.(stage, account, key);
    return secret === undefined ? undefined : createHash('sha256').update(secret).digest('base64url');
  });
}

type Read = (stage: CrashStage, account: string, key: string) => string | undefined;

const READ: Readonly<Record<string, Read>> = {
  local(stage, account, key) {
    const name = `MOTHERDUCK_TOKEN_${account}_${key}`.toUpperCase();
    return new RegExp(`^${name}=(.*)$`, 'm').exec(textOf(stage, DOTENV))?.[1];
  },
  json: (stage, account, key) => JSON.parse(textOf(stage, JSON_FILE) || '{}')[account]?.[key],
  vault: (stage, account, key) => textOf(stage, `vault/${account}.${key}`) || undefined,
};

function textOf(stage: CrashStage, name: string): string {
  return existsSync(stage.file(name)) ? stage.read(name) : '';
}
