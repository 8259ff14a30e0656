/** An organization in memory (its databases are in `folder`, where that is given), with accounts of others in it, that answers a RawApi without a network. */
import { Secret } from '../../src/model/secret.ts';
import { Organization, type OrganizationOptions } from '../../src/sandbox/organization.ts';
import { MemoryLog } from '../sandbox/memory.ts';
import { RawApi } from './raw-api.ts';

export const ADMIN = 'the-admin-token-of-these-tests';

export interface Answering {
  readonly organization: Organization;
  readonly api: RawApi;
  /** Every call that was not a question, as `DELETE /v1/users/x`. */
  readonly calls: string[];
}

type Interfere = (request: Request, answer: () => Promise<Response>) => Promise<Response>;

export function answering(
  run: string,
  options: OrganizationOptions = {},
  interfere: Interfere = (_, answer) => answer(),
): Answering {
  const organization = new Organization(new MemoryLog(), { ...options, adminToken: new Secret(ADMIN) });
  const calls: string[] = [];
  const api = new RawApi({
    address: new URL('https://api.motherduck.com'),
    token: new Secret(ADMIN),
    run,
    sleep: async () => {},
    send: (request) => {
      if (request.method !== 'GET') calls.push(`${request.method} ${new URL(request.url).pathname}`);
      return interfere(request, () => organization.handle(request));
    },
  });
  return { organization, api, calls };
}

/** Makes service accounts, of whatever name, as other people do. */
export async function populate(organization: Organization, ...usernames: readonly string[]): Promise<void> {
  for (const username of usernames) {
    const request = new Request('https://api.motherduck.com/v1/users', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ username }),
    });
    const { status } = await organization.handle(request);
    if (status !== 200) throw new Error(`${username} could not be made`);
  }
}

/** Who is there beside the Admin. */
export function usernames(organization: Organization): string[] {
  return organization
    .inspect()
    .accounts.filter((account) => account.isServiceAccount)
    .map((account) => account.username)
    .sort();
}
