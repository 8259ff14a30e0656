/** Tokens of five minutes that live for one test. Whatever happens to the test, they are revoked after it. */
import type { Notice } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import { SMOKE_TOKEN_NAME, TOKEN_TTL_SECONDS, type TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/errors.ts';

export interface Minting {
  readonly api: Api;
  readonly account: string;
  readonly type: TokenType;
  readonly warn: (notice: Notice) => void;
}

/** Makes a token, hands its secret to `use`, revokes it. Throws what `use` throws, and ApiError when none can be made. */
export async function withMintedToken<T>(minting: Minting, use: (secret: Secret) => Promise<T>): Promise<T> {
  const { record, secret } = await mint(minting);
  try {
    return await use(secret);
  } finally {
    await revoke(minting, record.id);
  }
}

async function mint(minting: Minting): ReturnType<Api['createToken']> {
  try {
    return await create(minting);
  } catch (error) {
    // A live token's name cannot be used twice: a test that was killed left one, and it is of no use to anyone.
    if (!(error instanceof ApiError) || error.failure !== 'conflict') throw error;
    await revokeLeftovers(minting, Number.NEGATIVE_INFINITY);
    return await create(minting);
  }
}

async function create(minting: Minting): ReturnType<Api['createToken']> {
  const { api, account, type } = minting;
  const begun = api.now();
  try {
    return await api.createToken(account, { name: SMOKE_TOKEN_NAME, ttl: TOKEN_TTL_SECONDS.min, token_type: type });
  } catch (error) {
    // The answer was lost, so there may be a token of which we do not know.
    if (error instanceof ApiError && error.effect === 'unknown') await revokeLeftovers(minting, begun);
    throw error;
  }
}

/** MotherDuck's `Date` headers have whole seconds, and they travel. */
const CLOCK_SLACK_MS = 5000;

async function revokeLeftovers(minting: Minting, createdSince: number): Promise<void> {
  const { api, account, warn } = minting;
  try {
    for (const token of await api.listTokens(account)) {
      const ours = token.name === SMOKE_TOKEN_NAME;
      const recent = Date.parse(token.created_ts) >= createdSince - CLOCK_SLACK_MS;
      if (ours && recent) await revoke(minting, token.id);
    }
  } catch (error) {
    warn({
      account,
      message: `a token "${SMOKE_TOKEN_NAME}" may have been left: ${(error as UserError).message}`,
      hint: { text: 'It expires by itself five minutes after it was made.' },
    });
  }
}

async function revoke({ api, account, warn }: Minting, id: string): Promise<void> {
  try {
    await api.deleteToken(account, id);
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return;
    warn({
      account,
      message: `the token "${SMOKE_TOKEN_NAME}" with the id ${id} could not be revoked: ${(error as UserError).message}`,
      hint: { text: 'It expires by itself five minutes after it was made.' },
    });
  }
}
