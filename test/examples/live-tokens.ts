/** What the folder's sandbox organization has, asked as a person would ask MotherDuck. */
import { expect } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Folder } from '../scenarios/cli.ts';

/** The names of an account's live tokens. */
export async function liveTokens(folder: Folder, account: string): Promise<string[]> {
  const organization = await openSandbox(folder.file('.motherduck-sandbox'), { adminToken: new Secret('person') });
  const headers = { authorization: 'Bearer person' };
  const response = await organization.handle(new Request(`http://sandbox/v1/users/${account}/tokens`, { headers }));
  organization.close();
  expect(response.status).toBe(200);
  const { tokens } = (await response.json()) as { tokens: { name: string }[] };
  return tokens.map(({ name }) => name);
}
