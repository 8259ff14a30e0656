/** The tokens of a stage's sandbox organization, with the hash of each secret. */
import { createHash } from 'node:crypto';
import type { Stage } from '../stage.ts';

export interface LiveToken {
  readonly account: string;
  readonly id: string;
  /** The SHA-256 of its secret, which is all that is kept of it. */
  readonly hash: string;
}

/** The tokens of all service accounts; undefined when there is no such account at all. */
export async function liveTokens(folder: Stage): Promise<LiveToken[] | undefined> {
  const { accounts } = await folder.inSandbox(async (organization) => organization.inspect());
  const ours = accounts.filter(({ isServiceAccount }) => isServiceAccount);
  if (ours.length === 0) return undefined;
  return ours.flatMap(({ username, tokens }) => tokens.map(({ id, hash }) => ({ account: username, id, hash })));
}

/** The token that a secret connects with; every byte of it counts. */
export async function tokenOf(folder: Stage, secret: string): Promise<LiveToken | undefined> {
  const hash = createHash('sha256').update(secret).digest('base64url');
  return (await liveTokens(folder))?.find((token) => token.hash === hash);
}
