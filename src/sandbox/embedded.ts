import { randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import type { Connector } from '../motherduck/connector.ts';
import { sandboxConnector } from './databases.ts';
import { LocalDispatcher, type Respond } from './dispatcher.ts';
import { openSandbox } from './open.ts';
import type { Organization } from './organization.ts';

/** The organization in this process, beneath the HTTP client, with an admin token that lives as long as the process. */
export interface Embedded {
  readonly organization: Organization;
  readonly dispatcher: LocalDispatcher;
  readonly token: Secret;
  readonly connector: Connector;
}

/** Opens the sandbox that is kept in a folder, for a client of that name. @throws UserError SANDBOX_FAILED */
export async function embeddedSandbox(folder: string, agent?: string): Promise<Embedded> {
  const token = new Secret(`sandbox-admin-${randomBytes(24).toString('base64url')}`);
  const organization = await openSandbox(folder, { adminToken: token });
  return {
    organization,
    dispatcher: new LocalDispatcher(answeredBy(organization)),
    token,
    connector: sandboxConnector(organization, agent === undefined ? {} : { agent }),
  };
}

/** The organization as the dispatcher asks it. */
export function answeredBy(organization: Organization): Respond {
  return async ({ method, url, headers, body = '' }) => {
    const { status, type, text, ...answer } = await organization.answer({
      method,
      target: url.pathname + url.search,
      authorization: headers.get('authorization'),
      body: typeof body === 'string' ? body : Buffer.from(body).toString(),
    });
    return { status, headers: { 'content-type': type, ...answer.headers }, body: whole(text) };
  };
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
