/** Every request of the program is valid by the OpenAPI document of MotherDuck's API, and every answer is as it says. */
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { serve } from '../../src/sandbox/server.ts';
import { operationOf, operations, requestProblems, responseProblems } from '../openapi/document.ts';
import { SANDBOX, Stage } from '../stage.ts';

/** Commands, and the days that pass after each. */
const STORY = [
  ['plan', 0],
  ['apply --yes', 80],
  ['apply --yes --no-smoke', 3],
  ['apply --yes --no-smoke', 0],
  ['rotate etl/airflow --yes --no-smoke', 0],
  ['import --all --yes', 0],
  ['audit --fail-on never', 0],
  ['destroy --only etl --yes --allow-delete', 0],
] as const;

const CONFIGURATION = `
version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, description: Loads, secret_store: local }
accounts:
  etl:
    deletion_protection: false
    ducklings:
      read_write: { size: standard, cooldown: 10m }
      read_scaling: { size: pulse, pool_size: 2 }
    tokens: { airflow: pipeline }
guardrails: { max_deletes: 10 }
`;

const TOKEN = 'the-admin-token-of-these-tests';

it('every command makes only requests that the OpenAPI document describes', async () => {
  const stage = new Stage(CONFIGURATION);
  const organization = await openSandbox(stage.file(SANDBOX), { adminToken: new Secret(TOKEN) });
  await organization.seed(2);
  const made = new Set<string>();
  const problems: string[] = [];
  const respond: Organization['respond'] = async (request) => {
    const { status, type, text, headers } = await organization.respond(request);
    const { method, target, body } = request;
    const operation = operationOf(method, target);
    // Whether it is a sandbox is asked first, of a path that MotherDuck does not have.
    if (operation !== undefined || target !== '/') {
      problems.push(
        ...requestProblems({ method, target, body }, 'closed').map((each) => `${method} ${target}: ${each}`),
      );
    }
    const answer = { status, text, headers: { 'content-type': type, ...headers } };
    problems.push(
      ...responseProblems({ method, target }, answer, 'known').map((each) => `${status} of ${target}: ${each}`),
    );
    if (operation !== undefined) made.add(operation.id);
    return { status, type, text, headers: headers ?? {} };
  };
  const watched = new Proxy(organization, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      return name === 'respond' ? respond : typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { url, close } = await serve({ organization: watched, port: 0 });
  onTestFinished(() => close().then(() => organization.close()));
  const env = { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: TOKEN, MDACC_SANDBOX: stage.file(SANDBOX) };

  for (const [command, days] of STORY) {
    const { code, stderr } = await stage.run(command, env);
    expect(code, command + stderr).toBe(0);
    if (days > 0) await organization.advance(days * 86_400);
  }
  expect(problems).toEqual([]);
  expect([...made].sort()).toEqual(operations.map(({ id }) => id).sort());
});
