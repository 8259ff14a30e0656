/**
 * A secret goes into all stores of its token, or into none:
 *
 *   1. stores that can put back what they had, then those that run programs
 *   2. if one fails, what the others had is put back
 *
 * A program cannot put back what it replaced, so its store may keep a secret that does not connect: the error names it, the
 * intent stays in the state, and the next run makes another token for all of the stores.
 */
import type { CreateToken, RotateToken } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { Secret } from '../model/secret.ts';
import { type CommandHint, UserError } from '../model/user-error.ts';
import { enumerated, storesText } from '../model/wording.ts';
import type { NewSecret, PutBack, SecretStore } from '../secrets/store.ts';
import { nextCommand } from './next-command.ts';
import type { TokenTools } from './revoke-token.ts';

/** A secret that is not in all stores of its token. */
export interface NotStored {
  readonly error: NonNullable<unknown>;
  /** Whether a store keeps the new secret, because it cannot put back the earlier one. */
  readonly isLeft: boolean;
}

/** A secret that all stores of its token have. */
interface Stored {
  readonly error?: undefined;
  /** Puts back what the stores had, where they have this secret. Resolves to the names of those that keep it. */
  readonly putBack: () => Promise<string[]>;
}

/** Stores a new token's secret in all of the stores, or in none. */
export async function storeSecret(
  action: CreateToken | RotateToken,
  stores: readonly SecretStore[],
  secret: Secret,
  targetIn: (store: SecretStore) => NewSecret,
  { outsideSlot }: Pick<TokenTools, 'outsideSlot'>,
): Promise<Stored | NotStored> {
  const stored = await storeInAll(stores, (store) => {
    const put = () => store.put(targetIn(store), secret);
    return store.gathersWrites ? outsideSlot(put) : put();
  });
  if (stored.error === undefined) return stored;
  const { error, left } = stored;
  return { error: left.length === 0 ? error : withLeft(error, left, action), isLeft: left.length > 0 };
}

/** What a store failed with, and the stores that keep the secret. */
export interface PartlyStored {
  readonly error: NonNullable<unknown>;
  readonly left: readonly string[];
}

/** Puts a secret into each of the stores, or puts back what they had. */
export async function storeInAll(
  stores: readonly SecretStore[],
  put: (store: SecretStore) => ReturnType<SecretStore['put']>,
): Promise<Stored | PartlyStored> {
  const stored: { readonly name: string; readonly putBack: PutBack | undefined }[] = [];
  const putBack = async () => {
    const left: string[] = [];
    for (const { name, putBack } of stored.reverse()) {
      const isBack = await putBack?.().then(
        () => true,
        () => false,
      );
      if (isBack !== true) left.unshift(name);
    }
    return left;
  };
  for (const store of [...stores].sort((a, b) => Number(b.putsBack ?? false) - Number(a.putsBack ?? false))) {
    try {
      stored.push({ name: store.name, putBack: (await put(store)) ?? undefined });
    } catch (error) {
      return { error: error ?? new Error('no reason'), left: await putBack() };
    }
  }
  return { putBack };
}

/** The error of a store, which also names those that have the secret. */
function withLeft<T>(error: T, left: readonly string[], action: CreateToken | RotateToken): T | UserError {
  if (!(error instanceof UserError)) return error;
  const has = left.length === 1 ? 'has' : 'have';
  const also = `${storesText(left)} already ${has} the new secret, which does not connect, and cannot put back the earlier one`;
  const text = `Programs that read ${enumerated(left)} cannot connect until then.`;
  return alsoFailed(error, also, { text, command: nextCommand([action]) });
}

/** The error with what else is so, and what to do then. A hint has one command: that of the error comes first. */
export function alsoFailed(error: UserError, also: string, next: Partial<CommandHint>): UserError {
  const { code, message, hint, location } = error;
  const isFirst = hint.command !== undefined && next.text !== undefined;
  const text = isFirst ? [next.text, 'First:', hint.text] : [hint.text, next.text];
  const command = hint.command === undefined ? { ...hint, ...next } : hint;
  const both = { ...command, text: text.filter((part) => part !== undefined).join(' ') };
  return new UserError(code, alsoSaid(message, also), both, { ...defined({ location }), cause: error });
}

/** A message and what else is so. */
export function alsoSaid(message: string, also: string): string {
  return `${message}; also, ${also}`;
}
