import { defined } from '../model/defined.ts';
import type { Secret } from '../model/secret.ts';
import type { Connector } from '../motherduck/connector.ts';
import { queryString, type Transport } from '../motherduck/transport.ts';
import { sandboxConnector } from './connector.ts';
import { openSandbox } from './open.ts';
import type { Organization } from './organization.ts';

/** An organization that runs in this process, with an admin token that only this process accepts. */
interface EmbeddedSandbox {
  readonly organization: Organization;
  readonly transport: Transport;
  readonly token: Secret;
  readonly connector: Connector;
}

/**
 * Opens the sandbox in a folder.
 *
 * @param agent the client's user agent, for the query history
 * @throws UserError SANDBOX_FAILED
 */
export async function embeddedSandbox(folder: string, agent?: string): Promise<EmbeddedSandbox> {
  const organization = await openSandbox(folder);
  const token = organization.newAdminToken();
  let made: Connector | undefined;
  // A plan connects to nothing: the build loads connector.ts when sandboxConnector is first called (SELDOM in scripts/bundle-plugins.mjs).
  const connector = () => {
    made ??= sandboxConnector(organization, defined({ agent }));
    return made;
  };
  return {
    organization,
    transport: sandboxTransport(organization, token),
    token,
    connector: {
      target: (...values) => connector().target(...values),
      sessionTarget: (...values) => connector().sessionTarget(...values),
      noteStatements: async (...values) => connector().noteStatements?.(...values),
      noteShutdown: (...values) => connector().noteShutdown(...values),
    },
  };
}

/** Sends requests to an organization in this process, with an admin token. Closing it leaves the organization open. */
export function sandboxTransport(organization: Organization, token: Secret): Transport {
  return {
    async send({ method, path, query, body, anonymous = false, signal }) {
      signal?.throwIfAborted();
      const { status, type, text, headers } = await organization.respond({
        method,
        target: path + queryString(query),
        authorization: anonymous ? undefined : `Bearer ${token.reveal()}`,
        body: body === undefined ? '' : JSON.stringify(body),
      });
      signal?.throwIfAborted();
      return { status, headers: { 'content-type': type, ...headers }, text };
    },
    close: async () => {},
  };
}
