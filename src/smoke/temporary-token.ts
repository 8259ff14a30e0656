/** Temporary tokens for one test. Whatever happens to the test, they are revoked after it. */
import { randomUUID } from 'node:crypto';
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import { describeSpan, type Seconds } from '../model/time.ts';
import { smokeTokenName, smokeTtl, type TokenType } from '../model/tokens.ts';
import type { Hint, UserError } from '../model/user-error.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';

/** The part of the API that temporary tokens use. */
export type TokenApi = Pick<Api, 'createToken' | 'listTokens' | 'deleteToken'>;

/** What a temporary token needs. */
interface TemporaryTokenOptions {
  readonly api: TokenApi;
  readonly account: string;
  readonly type: TokenType;
  /** The longest that `use` can take. The token lives on after it. */
  readonly limit: Seconds;
  readonly warn: (notice: Notice) => void;
}

/** Creates a token, passes its secret to `use`, and revokes it. @throws what `use` throws; ApiError when none can be created */
export async function withTemporaryToken<T>(
  options: TemporaryTokenOptions,
  use: (secret: Secret) => Promise<T>,
): Promise<T> {
  const { api, account, type, limit } = options;
  // A name of its own, by which it is never taken for the token of a test that runs elsewhere.
  const name = smokeTokenName(randomUUID().slice(0, 8));
  const { record, secret } = await api
    .createToken(account, { name, ttl: smokeTtl(limit), token_type: type })
    .catch(async (error) => {
      if (error instanceof ApiError && error.effect === 'unknown') await revokeUnanswered(options, name);
      throw error;
    });
  try {
    return await use(secret);
  } finally {
    await revoke(options, name, record.id);
  }
}

/** Revokes the token whose creation was not answered, if it exists. */
async function revokeUnanswered(options: TemporaryTokenOptions, name: string): Promise<void> {
  const { api, account, warn } = options;
  try {
    for (const token of await api.listTokens(account)) if (token.name === name) await revoke(options, name, token.id);
  } catch (error) {
    warn({
      account,
      message: `a temporary token "${name}" may still be live: ${(error as UserError).message}`,
      hint: expires(options),
    });
  }
}

async function revoke(options: TemporaryTokenOptions, name: string, id: string): Promise<void> {
  const { api, account, warn } = options;
  try {
    await api.deleteToken(account, id);
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return;
    warn({
      account,
      message: `the temporary token "${name}" with the id ${id} could not be revoked: ${(error as UserError).message}`,
      hint: expires(options),
    });
  }
}

function expires({ limit }: TemporaryTokenOptions): Hint {
  return { text: `It expires by itself ${describeSpan(smokeTtl(limit))} after it was created.` };
}
