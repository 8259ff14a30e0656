/** The secrets of a token by the state: one record for each store that has one. */
import {
  copiesOf,
  type StateToken,
  type StoredSecret,
  secretOfIntent,
  type TokenIntent,
  type TokenRecord,
} from './state.ts';
import { accountKey } from './username.ts';

/** A secret of a token in one store, with what else may be at its secret path. */
export interface SecretRecord {
  readonly account: string;
  readonly token: string;
  /** Of the token; of one whose creation was interrupted, `interruptedId` of its name. */
  readonly id: string;
  readonly secret: StoredSecret;
  /** Fingerprints of the secrets of this key that an interrupted run may have stored at its secret path. */
  readonly interrupted: readonly string[];
}

/** Why a secret stays in a store that has a `remove` command: one in use may be at its secret path, or is removed with it. */
export type KeptSecret = 'near' | 'shared';

/** Equal for the same secret of the same token only. */
export function secretRecordKey({ account, token, id, secret }: SecretRecord): string {
  return JSON.stringify([accountKey(account), token, id, secret.store, secret.secret_path]);
}

/** Equal for the secrets of a key at one secret path, where each has replaced the one before it. */
export function recordPathKey({ account, token, secret }: SecretRecord): string {
  return JSON.stringify([accountKey(account), token, secret.store, secret.secret_path]);
}

/** Stands for the id of a token whose creation was interrupted. No id has quotes. */
export function interruptedId(name: string): string {
  return JSON.stringify(name);
}

/** All secrets of a key; first those that interrupted runs may have stored, since later ones replaced them. */
export function secretRecords(account: string, token: string, entry: StateToken): SecretRecord[] {
  const { current, retiring, intents } = entry;
  return [
    ...intents.flatMap((intent) => intentRecords(account, token, intent, entry)),
    ...(current === undefined ? [] : tokenRecords(account, token, { ...current, secret: lastSecret(entry) }, entry)),
    ...retiring.flatMap((old) => tokenRecords(account, token, old, entry)),
  ];
}

/** Of the current token; of an adopted one, that of the token before it. */
function lastSecret({ current, stored }: StateToken): TokenRecord['secret'] | undefined {
  return current?.secret === 'unknown' ? stored : current?.secret;
}

/** The secrets that an interrupted creation may have stored. */
export function intentRecords(account: string, token: string, intent: TokenIntent, entry: StateToken): SecretRecord[] {
  return tokenRecords(account, token, { id: interruptedId(intent.name), secret: secretOfIntent(intent) }, entry);
}

/** The secrets of a current or replaced token. */
export function tokenRecords(
  account: string,
  token: string,
  { id, secret = 'unknown' }: { readonly id: string; readonly secret?: TokenRecord['secret'] | undefined },
  { intents }: StateToken,
): SecretRecord[] {
  if (secret === 'unknown') return [];
  const interrupted = intents.flatMap(({ fingerprint }) => fingerprint ?? []);
  return copiesOf(secret).map((copy) => ({ account, token, id, secret: copy, interrupted }));
}
