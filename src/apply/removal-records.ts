/** Updates of the state for secrets that stores no longer have: removed ones, and those that a later secret replaced. */

import { defined } from '../model/defined.ts';
import { interruptedId, type SecretRecord } from '../model/secret-record.ts';
import {
  copiesElsewhere,
  copiesOf,
  joinCopies,
  type RetiringToken,
  type StateToken,
  type StoredSecret,
  secretOfIntent,
  type TokenIntent,
} from '../model/state.ts';

/** No store has its secret any more. */
export function withoutFingerprint({ fingerprint: _, ...intent }: TokenIntent): TokenIntent {
  return intent;
}

/** A token's entry once a store has removed a secret of it, so that what removed it does not run again when another store fails. */
export function withoutRemoved(entry: StateToken, { id, secret: removed }: SecretRecord): StateToken {
  const left = (secret: StoredSecret) =>
    joinCopies(
      copiesOf(secret).filter((copy) => !(copy.store === removed.store && copy.secret_path === removed.secret_path)),
    );
  return {
    ...(entry.current?.id === id ? currentWith(entry, left) : entry),
    retiring: entry.retiring.map((old) => (old.id === id ? retiringWith(old, left) : old)),
    intents: entry.intents.map((intent) => (interruptedId(intent.name) === id ? intentWith(intent, left) : intent)),
  };
}

/** Older secrets of a key once a new one is stored, which overwrote them. */
export function withoutReplaced<T extends Pick<StateToken, 'retiring' | 'intents'>>(entry: T, stored: StoredSecret): T {
  const left = (secret: StoredSecret) => copiesElsewhere(secret, stored);
  return {
    ...entry,
    retiring: entry.retiring.map((old) => retiringWith(old, left)),
    intents: entry.intents.map((intent) => intentWith(intent, left)),
  };
}

type Left = (secret: StoredSecret) => StoredSecret | undefined;

/** Updates the secret of the current token; for an adopted token, the secret of the one before it. */
function currentWith(entry: StateToken, leftOf: Left): StateToken {
  const { current, stored, ...rest } = entry;
  if (current === undefined) return entry;
  if (current.secret !== 'unknown')
    return { ...entry, current: { ...current, secret: leftOf(current.secret) ?? 'unknown' } };
  const left = stored && leftOf(stored);
  return { ...rest, current, ...defined({ stored: left }) };
}

function retiringWith({ secret, ...old }: RetiringToken, leftOf: Left): RetiringToken {
  const left = secret && leftOf(secret);
  return { ...old, ...defined({ secret: left }) };
}

function intentWith(intent: TokenIntent, leftOf: Left): TokenIntent {
  const secret = secretOfIntent(intent);
  if (secret === undefined) return intent;
  const left = leftOf(secret);
  if (left === undefined) return withoutFingerprint(intent);
  const { command: _command, also: _also, ...rest } = intent;
  const { store, secret_path, command, also } = left;
  return {
    ...{ ...rest, store, secret_path },
    ...defined({ command, also }),
  };
}
