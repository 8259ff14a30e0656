/** Temporary tokens for one test. Whatever happens to the test, they are revoked after it. */
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import { describeSpan, type Seconds } from '../model/time.ts';
import { otherSmokeName, SMOKE_TOKEN_NAME, smokeTtl, type TokenType } from '../model/tokens.ts';
import type { Hint, UserError } from '../model/user-error.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';

/** The part of the API that temporary tokens use. */
export type TokenApi = Pick<Api, 'createToken' | 'listTokens' | 'deleteToken' | 'now'>;

/** What a temporary token needs. */
export interface TemporaryTokenOptions {
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
  const { record, secret } = await createUnderFreeName(options);
  try {
    return await use(secret);
  } finally {
    await revoke(options, record.id);
  }
}

/** A test that runs elsewhere may use the token that has the usual name, so that one stays: it expires by itself. */
async function createUnderFreeName(options: TemporaryTokenOptions): ReturnType<Api['createToken']> {
  try {
    return await create(options, SMOKE_TOKEN_NAME);
  } catch (error) {
    if (!(error instanceof ApiError) || error.failure !== 'conflict') throw error;
    return create(options, otherSmokeName(options.api.now()));
  }
}

async function create(options: TemporaryTokenOptions, name: string): ReturnType<Api['createToken']> {
  const { api, account, type, limit } = options;
  const started = api.now();
  try {
    return await api.createToken(account, { name, ttl: smokeTtl(limit), token_type: type });
  } catch (error) {
    if (error instanceof ApiError && error.effect === 'unknown') await revokeUnanswered(options, name, started);
    throw error;
  }
}

/** MotherDuck's `Date` headers have whole seconds and arrive with a delay. */
const CLOCK_SLACK_MS = 5000;

/** Revokes the token whose creation was not answered, if it exists. */
async function revokeUnanswered(options: TemporaryTokenOptions, name: string, createdSince: number): Promise<void> {
  const { api, account, warn } = options;
  try {
    for (const token of await api.listTokens(account)) {
      const isRecent = Date.parse(token.created_ts) >= createdSince - CLOCK_SLACK_MS;
      if (token.name === name && isRecent) await revoke(options, token.id);
    }
  } catch (error) {
    warn({
      account,
      message: `a temporary token "${name}" may still be live: ${(error as UserError).message}`,
      hint: expires(options),
    });
  }
}

async function revoke(options: TemporaryTokenOptions, id: string): Promise<void> {
  const { api, account, warn } = options;
  try {
    await api.deleteToken(account, id);
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return;
    warn({
      account,
      message: `the temporary token "${SMOKE_TOKEN_NAME}" with the id ${id} could not be revoked: ${(error as UserError).message}`,
      hint: expires(options),
    });
  }
}

function expires({ limit }: TemporaryTokenOptions): Hint {
  return { text: `It expires by itself ${describeSpan(smokeTtl(limit))} after it was created.` };
}
