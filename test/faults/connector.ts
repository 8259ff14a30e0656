/** The smoke test as apply runs it, but for the child process: whether a secret connects is asked of the organization. */
import type { apply } from '../../src/apply/apply.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Api } from '../../src/motherduck/api.ts';
import type { Connector } from '../../src/motherduck/connector.ts';
import type { ProbeReport, ProbeRunner } from '../../src/motherduck/probe-process.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { SmokeSession } from '../../src/smoke/session.ts';

export type Prove = NonNullable<Parameters<typeof apply>[0]['verify']>;

/** What apply takes as `prove`, for one run. */
export function proverOf(api: Api, organization: Organization): Prove {
  const connector: Connector = {
    target: async (token) => ({ path: 'md:', options: { motherduck_token: token.reveal() }, setup: [], shutdown: '' }),
    noteShutdown: (username, type) => organization.sleep(username, type),
  };
  const probe = probeOf(organization);
  const session = new SmokeSession({ api, connector, probe, timeoutMs: 10_000, parallelism: 8 });
  return (account, secrets) => session.test(account, secrets);
}

function probeOf(organization: Organization): ProbeRunner {
  return async (target, request): Promise<ProbeReport> => {
    const connection = await organization.connect(new Secret(target.options.motherduck_token ?? ''));
    if (typeof connection === 'string') {
      return new Map([['connect', { ms: 0, failure: { kind: 'sql', text: connection } }]]);
    }
    const { account, type, identity } = connection;
    const rows: Readonly<Record<string, Record<string, string>>> = {
      user: { username: account.username },
      organization: { org_id: identity.organization, org_name: 'sandbox' },
      size: { type: account.ducklings[type].instance_size },
    };
    const names = ['connect', ...request.steps.map(({ name }) => name), ...(request.shutdown ? ['shutdown'] : [])];
    return new Map(names.map((name) => [name, { ms: 0, answer: { rows: 1, row: rows[name] ?? {} } }]));
  };
}
