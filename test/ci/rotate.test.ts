/** Every night: rotations, and nothing that waits for an approval. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { applied, CiStage } from './ci-stage.ts';

const STATE = 'motherduck.accounts.state.json';
const HOUR = 3600;
const DAY = 24 * HOUR;

interface StateFile {
  readonly accounts: Record<
    string,
    { tokens: Record<string, { current: { generation: number }; retiring: unknown[] }> }
  >;
}

function accounts(stage: CiStage): StateFile['accounts'] {
  // MotherDuck's id of an account is taken in with whichever run first sees it.
  const without = (name: string, value: unknown) => (name === 'id' && typeof value === 'string' ? undefined : value);
  return (JSON.parse(stage.github.repository.read(STATE) ?? '', without) as StateFile).accounts;
}

/** The generation of each token, and how many of its forerunners are left. */
function tokens(stage: CiStage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(accounts(stage)).flatMap(([account, { tokens: all }]) =>
      Object.entries(all).map(([key, token]) => [
        `${account}/${key}`,
        `${token.current.generation}, ${token.retiring.length} retiring`,
      ]),
    ),
  );
}

async function night(stage: CiStage) {
  const { rotate } = await stage.run('rotate.yml', { event: stage.night });
  if (rotate === undefined) throw new Error('no rotate job');
  return rotate;
}

/** What there is of bi_prod at MotherDuck. */
async function live(stage: CiStage): Promise<{ pool: number; tokens: string[] }> {
  const { MOTHERDUCK_API_URL, MOTHERDUCK_ADMIN_TOKEN } = stage.organization.env;
  const get = async (of: string) => {
    const headers = { authorization: `Bearer ${MOTHERDUCK_ADMIN_TOKEN}` };
    return (await fetch(`${MOTHERDUCK_API_URL}/v1/users/bi_prod/${of}`, { headers })).json();
  };
  const { tokens } = (await get('tokens')) as { tokens: { name: string; token_type: string }[] };
  const { read_scaling } = (await get('instances')) as { read_scaling: { flock_size: number } };
  return { pool: read_scaling.flock_size, tokens: tokens.map(({ name, token_type }) => `${name} ${token_type}`) };
}

async function advance(stage: CiStage, seconds: number): Promise<void> {
  await stage.organization.inSandbox((organization) => organization.advance(seconds));
}

function edit(stage: CiStage, change: (text: string) => string): void {
  stage.push((folder) => {
    const file = path.join(folder, 'motherduck.accounts.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  });
}

describe.skipIf(isWindows)('a night', () => {
  it('replaces what is due, stores it, revokes the old one after the overlap, and commits the state each time', async () => {
    const stage = await applied({ smoke: true });
    await advance(stage, 24 * DAY);
    const before = stage.programs.secrets;
    const first = await night(stage);
    expect(first.status, first.log).toBe('success');
    expect(tokens(stage)).toEqual({ 'bi_prod/metabase': '2, 1 retiring', 'etl_prod/airflow': '1, 0 retiring' });
    expect(stage.programs.secrets.MOTHERDUCK_TOKEN_bi_prod__metabase).not.toBe(
      before.MOTHERDUCK_TOKEN_bi_prod__metabase,
    );
    expect(stage.programs.secrets.MOTHERDUCK_TOKEN_etl_prod__airflow).toBe(before.MOTHERDUCK_TOKEN_etl_prod__airflow);

    await advance(stage, 49 * HOUR);
    const second = await night(stage);
    expect(second.status, second.log).toBe('success');
    expect(tokens(stage)['bi_prod/metabase']).toBe('2, 0 retiring');
    expect(second.summary.match(/<!-- motherduck-accounts plan/g)).toHaveLength(1);
  });

  it('rotates what is due of an account whose other changes were not approved yet, and names them', async () => {
    const stage = await applied();
    await advance(stage, 77 * DAY);
    edit(stage, (text) =>
      text.replace(
        'bi_prod:\n    ducklings: readers',
        'bi_prod:\n    ducklings: { pool: readers, read_scaling: { pool_size: 4 } }',
      ),
    );
    const { status, log, summary } = await night(stage);
    expect(status, log).toBe('success');
    expect(log).toMatch(/^::warning title=.*::bi_prod: .*\bset ducklings\b/m);
    expect(log).toMatch(/^Warning: bi_prod: .*\bset ducklings$/m);
    expect(summary).toMatch(/bi_prod\*\*: .*\bset ducklings/);
    expect(tokens(stage)).toEqual({ 'bi_prod/metabase': '2, 0 retiring', 'etl_prod/airflow': '2, 1 retiring' });
  });

  it('does not carry out what nobody approved, whatever it is', async () => {
    const mine = 'secret_stores:\n  mine: { kind: exec, command: [gh, secret, set, "MINE_{account}_{token}"] }';
    const changes: ((text: string) => string)[] = [
      (text) => text.replace('read_scaling, ttl: 30d', 'read_write, ttl: 30d'),
      (text) =>
        text
          .replace('secret_stores:', mine)
          .replace('metabase: dashboard', 'metabase: { policy: dashboard, secret_store: mine }'),
      (text) => text.replace('bi_prod:', 'BI_PROD:').replace('pool_size: 2', 'pool_size: 4'),
    ];
    const stage = await applied();
    await advance(stage, 24 * DAY);
    const [before, original] = [
      accounts(stage).bi_prod,
      stage.github.repository.read('motherduck.accounts.yaml') ?? '',
    ];
    for (const change of changes) {
      expect(change(original)).not.toBe(original);
      edit(stage, () => change(original));
      const { status, log } = await night(stage);
      // It is due.
      expect(status, log).toBe('failure');
      expect(log).toMatch(/mdacc apply --only (bi_prod|BI_PROD)\b/);
      expect(accounts(stage).bi_prod).toEqual(before);
      expect(Object.keys(stage.programs.secrets)).toHaveLength(2);
      expect(await live(stage)).toEqual({ pool: 2, tokens: ['metabase read_scaling'] });
    }
  });

  it('before the first apply touches nothing', async () => {
    const stage = await CiStage.open();
    const { status, log } = await night(stage);
    expect(status, log).toBe('success');
    expect(log).toContain('Nothing is due.');
    expect(log).toContain('motherduck.accounts.state.json');
    expect(stage.programs.secrets).toEqual({});
    expect(stage.github.repository.messages()).toHaveLength(1);
  });

  it.each<[string, (text: string) => string]>([
    ['Ducklings', (text) => text.replace('pool_size: 2', 'pool_size: 3').replace('pool_size: 0', 'pool_size: 1')],
    [
      'deletion protection',
      (text) => text.replace('ducklings: readers', 'ducklings: readers\n    deletion_protection: false'),
    ],
  ])('rotates what is due where changes of %s wait', async (_, change) => {
    const stage = await applied();
    await advance(stage, 24 * DAY);
    edit(stage, change);
    const { status, log } = await night(stage);
    expect(status, log).toBe('success');
    expect(log).toMatch(/^::warning .*mdacc apply --only/m);
    expect(await live(stage)).toMatchObject({ pool: 2, tokens: ['metabase read_scaling', 'metabase.2 read_scaling'] });
  });

  it('that cannot reach MotherDuck fails', async () => {
    const stage = await applied();
    const { rotate } = await stage.run('rotate.yml', {
      event: stage.night,
      secrets: { ...stage.secrets, MOTHERDUCK_ADMIN_TOKEN: 'wrong' },
    });
    expect(rotate?.status).toBe('failure');
    expect(rotate?.steps).toMatchObject({ Rotate: 'failure', 'Commit the state': 'success' });
  });
});
