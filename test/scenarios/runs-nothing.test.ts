/** A configuration may be a stranger's pull request: only apply and `audit --check-stores` run what it names. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  vault: { kind: exec, command: [node, ran.cjs, put], check: [node, ran.cjs, check] }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: vault }
accounts:
  etl_prod: { tokens: { airflow: pipeline }, smoke: false }
`;

const RAN = `require('node:fs').appendFileSync(__dirname + '/ran.txt', process.argv[2] + '\\n');
process.exit(process.argv[2] === 'check' ? 3 : 0);
`;

/** Lets the served sandbox pass for MotherDuck: a response of MotherDuck lacks the header of a sandbox. */
async function withoutItsName(stage: Stage): Promise<void> {
  const sandbox = stage.env.MOTHERDUCK_API_URL;
  const server = createServer(async ({ method, url, headers }, response) => {
    const { authorization = '' } = headers;
    const answer = await fetch(`${sandbox}${url}`, { method: method ?? 'GET', headers: { authorization } });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  stage.env.MOTHERDUCK_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  delete stage.env.MDACC_SANDBOX;
}

it('runs no command of a store but to apply, and to check stores where an audit is asked to', async () => {
  const stage = new Stage(CONFIGURATION);
  stage.write('ran.cjs', RAN);
  for (const words of [
    'validate',
    'plan --sandbox',
    'plan --sandbox --format markdown --out saved.plan',
    'smoke --sandbox',
    'audit --sandbox',
    'audit --sandbox --usage',
    'import --all --sandbox --yes',
    'state list',
    'schema',
    'audit --sandbox --check-stores',
    'apply --sandbox',
    'apply --sandbox --yes',
  ]) {
    await stage.run(words);
    expect([words, stage.has('ran.txt')]).toEqual([words, false]);
  }
  // A sandbox rehearses its stores, so only with MotherDuck it shows that no command is run.
  await stage.serve();
  await withoutItsName(stage);
  for (const words of ['plan', 'audit', 'audit --usage', 'import --all --yes --dry-run', 'apply']) {
    await stage.run(`${words} --state other.json`, { HTTP_PROXY: 'http://127.0.0.1:1' });
    expect([words, stage.has('ran.txt')]).toEqual([words, false]);
  }
  const { code, document } = await stage.json('audit --check-stores --state other.json');
  expect({ code, document }).toMatchObject({
    code: 2,
    document: { findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA019' })]) },
  });
  expect(stage.read('ran.txt')).toBe('check\n');
});
