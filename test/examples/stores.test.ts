/** The examples under examples/secret-stores, as somebody runs them who copied one, with stand-ins for the outside commands. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';
import { liveTokens, tokenOf } from './live-tokens.ts';
import { type Call, StandIns } from './stand-ins.ts';
import { type Address, STORES } from './store-commands.ts';

const TOKENS = [
  { account: 'etl_prod', token: 'airflow' },
  { account: 'bi_prod', token: 'dashboards' },
] as const;
const [ETL] = TOKENS;

function copyOf(store: string): { folder: Stage; standIns: StandIns } {
  const folder = Stage.copyOf(`examples/secret-stores/${store}`);
  return { folder, standIns: new StandIns(folder) };
}

interface StateToken extends Address {
  readonly id: string;
}

interface StateFile {
  readonly accounts: Record<string, { tokens: Record<string, { current: { id: string; expires_at: string } }> }>;
}

/** What the state says of a token. */
function stateTokenOf(folder: Stage, { account, token }: (typeof TOKENS)[number]): StateToken {
  const state = JSON.parse(folder.read('motherduck.accounts.state.json')) as StateFile;
  const current = state.accounts[account]?.tokens[token]?.current ?? expect.unreachable(`no ${account}/${token}`);
  return { account, token, id: current.id, expiresAt: current.expires_at };
}

const commands = (calls: readonly Call[]) => calls.map(({ call }) => call);
const inOrder = (calls: readonly (readonly string[])[]) => calls.map((call) => JSON.stringify(call)).sort();

/** No part of a secret in what the commands saw beside their input, nor in any file but those where it belongs. */
function expectNowhereElse(folder: Stage, calls: readonly Call[], secrets: Iterable<string>): void {
  const files = readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^\.outside\/(kept|refused)/.test(name) && statSync(folder.file(name)).isFile())
    .map((name) => readFileSync(folder.file(name), 'latin1'));
  const all = [...files, ...calls.flatMap(({ call, seen }) => [...call, ...seen])].join('\n');
  expect(calls.length).toBeGreaterThan(0);
  for (const secret of secrets) {
    const [, payload, signature] = secret.split('.');
    for (const part of [payload, signature])
      expect(part !== undefined && part !== '' && all.includes(part)).toBe(false);
  }
}

it.skipIf(isWindows)('there is one for every store that is promised', () => {
  const folders = readdirSync(path.join(ROOT, 'examples/secret-stores'), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(names.sort()).toEqual(Object.keys(STORES).sort());
});

describe.skipIf(isWindows).each(Object.entries(STORES))('the example %s', (store, expected) => {
  it('puts each secret where it says, by the commands it says, on standard input alone', async () => {
    const { folder, standIns } = copyOf(store);
    const applied = await folder.run('apply --sandbox --real-stores --yes --no-smoke');
    expect(applied, applied.stderr + applied.stdout).toMatchObject({ code: 0 });
    const calls = standIns.takeCalls();
    const addresses = TOKENS.map((token) => stateTokenOf(folder, token));
    expect(calls[0]?.call).toEqual(expected.check);
    expect(inOrder(commands(calls))).toEqual(
      inOrder([expected.check, ...addresses.flatMap((address) => expected.first(address))]),
    );

    // The bytes are right when they open the door: to the account that they belong to.
    const kept = standIns.kept();
    expect([...kept.keys()].sort()).toEqual(addresses.map(expected.secretPath).sort());
    for (const address of addresses) {
      const secret = kept.get(expected.secretPath(address)) ?? '';
      expect(await tokenOf(folder, secret)).toMatchObject({ account: address.account, id: address.id });
    }
    expectNowhereElse(folder, calls, kept.values());
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });

    const rotated = await folder.run('rotate --sandbox --real-stores --yes --no-smoke etl_prod/airflow');
    expect(rotated, rotated.stderr).toMatchObject({ code: 0 });
    const callsOfRotation = standIns.takeCalls();
    const again = stateTokenOf(folder, ETL);
    expect(inOrder(commands(callsOfRotation))).toEqual(inOrder([expected.check, ...expected.again(again)]));
    expect([...standIns.kept().keys()].sort()).toEqual([...kept.keys()].sort());
    const secretPath = expected.secretPath(again);
    expect(again.id).not.toBe(addresses[0]?.id);
    expect(await tokenOf(folder, standIns.kept().get(secretPath) ?? '')).toMatchObject({
      account: 'etl_prod',
      id: again.id,
    });
    expectNowhereElse(folder, callsOfRotation, standIns.kept().values());
  });

  it('removes the secret of a token that leaves the configuration, by the name that it has', async () => {
    const { folder, standIns } = copyOf(store);
    const apply = 'apply --sandbox --real-stores --yes --no-smoke';
    expect(await folder.run(apply)).toMatchObject({ code: 0 });
    const kept = [...standIns.kept().keys()];
    const gone = expected.secretPath(stateTokenOf(folder, ETL));
    expect(kept).toContain(gone);
    folder.edit((text) => text.replace(/tokens: \{ airflow: [^}]*\}/, 'tokens: {}'));
    const applied = await folder.run(apply);
    expect(applied, applied.stdout + applied.stderr).toMatchObject({ code: 0 });
    // The stand-in keeps what is in files of the folder, and in one object of several secrets.
    if (!['sops', 'kubernetes'].includes(store))
      expect([...standIns.kept().keys()]).toEqual(kept.filter((name) => name !== gone));
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
  });

  it('creates nothing when nobody is logged in, and says so', async () => {
    const { folder, standIns } = copyOf(store);
    const ran = await folder.json('apply --sandbox --real-stores --yes', { FAIL: 'login' });
    expect(ran).toMatchObject({ code: 1, document: { error: { code: 'STORE_UNUSABLE' } } });
    expect(ran.stderr).toContain(` ${store} `);
    expect(ran.stderr).toContain('you are not logged in');
    expect(commands(standIns.takeCalls())).toEqual([expected.check]);
    expect(await liveTokens(folder)).toBeUndefined();
  });

  it('revokes a token whose secret the store did not take, and makes another one the next time', async () => {
    const { folder, standIns } = copyOf(store);
    const ran = await folder.json('apply --sandbox --real-stores --yes --no-smoke', { FAIL: 'put' });
    expect(ran).toMatchObject({
      code: 3,
      document: {
        applied: {
          outcomes: expect.arrayContaining([
            expect.objectContaining({
              account: 'etl_prod',
              token: 'airflow',
              result: 'failed',
              error: expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringContaining(` ${store} `) }),
            }),
          ]),
        },
      },
    });
    const refused = [...standIns.refused().values()];
    expect(refused).toHaveLength(TOKENS.length);
    for (const secret of refused) expect(ran.stdout + ran.stderr).not.toContain(secret.split('.')[2]);
    expectNowhereElse(folder, standIns.takeCalls(), refused);
    expect(await liveTokens(folder)).toEqual([]);

    expect(await folder.run('apply --sandbox --real-stores --yes --no-smoke')).toMatchObject({ code: 0 });
    const live = await liveTokens(folder);
    expect(live?.map(({ account }) => account).sort()).toEqual(TOKENS.map(({ account }) => account).sort());
    expect(standIns.kept().size).toBe(TOKENS.length);
  });
});

describe.skipIf(isWindows)('a script refuses a name that could stand for two tokens', () => {
  it.each([
    ['azure', ['v', 'etl_prod', 'air-flow', 'never']],
    ['azure', ['v', 'etl__prod', 'airflow', 'never']],
    ['doppler', ['p', 'c', 'etl_prod', 'air-flow']],
    ['doppler', ['p', 'c', 'etl', 'prod__airflow']],
    ['gitlab', ['acme/pipelines', 'MOTHERDUCK_TOKEN_etl__prod__airflow']],
    ['bitwarden', ['etl_prod.air"flow']],
    ['onepassword', ['v', 'etl_prod.air"flow']],
  ])('%s %j', (store, words) => {
    const script = path.join(ROOT, 'examples/secret-stores', store, 'store.sh');
    // Nothing is on the PATH: it must refuse before it calls anything.
    const ran = spawnSync('/bin/sh', [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '' } });
    expect(ran.status).toBe(1);
    expectGolden('errors', ['a script refuses a name', store, ...words].join(' > '), ran.stderr.toString());
  });
});
