/** Temporary tokens of five minutes for one test. Whatever happens to the test, they are revoked after it. */
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import { isSmokeName, otherSmokeName, SMOKE_TOKEN_NAME, TOKEN_TTL_SECONDS, type TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';

/** The part of the API that temporary tokens use. */
export type TokenApi = Pick<Api, 'createToken' | 'listTokens' | 'deleteToken' | 'now'>;

export interface TemporaryTokenOptions {
  readonly api: TokenApi;
  readonly account: string;
  readonly type: TokenType;
  readonly warn: (notice: Notice) => void;
}

/** Creates a token, passes its secret to `use`, and revokes it. @throws what `use` throws; ApiError when none can be created */
export async function withTemporaryToken<T>(
  options: TemporaryTokenOptions,
  use: (secret: Secret) => Promise<T>,
): Promise<T> {
  const { record, secret } = await createOrReplace(options);
  try {
    return await use(secret);
  } finally {
    await revoke(options, record.id);
  }
}

async function createOrReplace(options: TemporaryTokenOptions): ReturnType<Api['createToken']> {
  const names = [SMOKE_TOKEN_NAME, SMOKE_TOKEN_NAME, otherSmokeName(options.api.now())];
  for (const [tried, name] of names.entries()) {
    try {
      return await create(options, name);
    } catch (error) {
      const isTaken = error instanceof ApiError && error.failure === 'conflict' && tried < names.length - 1;
      if (!isTaken) throw error;
      // A test that was killed left a live token, which nothing uses; or the name stays taken by one that is not listed.
      if (tried === 0) await revokeLeftovers(options, Number.NEGATIVE_INFINITY);
    }
  }
  throw new Error('no name is left');
}

async function create(options: TemporaryTokenOptions, name: string): ReturnType<Api['createToken']> {
  const { api, account, type } = options;
  const started = api.now();
  try {
    return await api.createToken(account, { name, ttl: TOKEN_TTL_SECONDS.min, token_type: type });
  } catch (error) {
    // The response was lost, so the token may exist.
    if (error instanceof ApiError && error.effect === 'unknown') await revokeLeftovers(options, started);
    throw error;
  }
}

/** MotherDuck's `Date` headers have whole seconds and arrive with a delay. */
const CLOCK_SLACK_MS = 5000;

async function revokeLeftovers(options: TemporaryTokenOptions, createdSince: number): Promise<void> {
  const { api, account, warn } = options;
  try {
    for (const token of await api.listTokens(account)) {
      const ours = isSmokeName(token.name ?? '');
      const recent = Date.parse(token.created_ts) >= createdSince - CLOCK_SLACK_MS;
      if (ours && recent) await revoke(options, token.id);
    }
  } catch (error) {
    warn({
      account,
      message: `a temporary token "${SMOKE_TOKEN_NAME}" may still be live: ${(error as UserError).message}`,
      hint: { text: 'It expires by itself five minutes after it was created.' },
    });
  }
}

async function revoke({ api, account, warn }: TemporaryTokenOptions, id: string): Promise<void> {
  try {
    await api.deleteToken(account, id);
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return;
    warn({
      account,
      message: `the temporary token "${SMOKE_TOKEN_NAME}" with the id ${id} could not be revoked: ${(error as UserError).message}`,
      hint: { text: 'It expires by itself five minutes after it was created.' },
    });
  }
}
