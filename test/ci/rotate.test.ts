/** Every night: rotations, and nothing that waits for an approval. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { applied } from './applied.ts';
import { Place } from './place.ts';

const STATE = 'motherduck.accounts.state.json';
const HOUR = 3600;
const DAY = 24 * HOUR;

interface StateFile {
  readonly accounts: Record<
    string,
    { tokens: Record<string, { current: { generation: number }; retiring: unknown[] }> }
  >;
}

/** The generation of each token, and how many of its forerunners are left. */
function tokens(place: Place): Record<string, string> {
  const { accounts } = JSON.parse(place.github.repository.read(STATE) ?? '') as StateFile;
  return Object.fromEntries(
    Object.entries(accounts).flatMap(([account, { tokens: all }]) =>
      Object.entries(all).map(([key, token]) => [
        `${account}/${key}`,
        `${token.current.generation}, ${token.retiring.length} retiring`,
      ]),
    ),
  );
}

async function night(place: Place) {
  const { rotate } = await place.run('rotate.yml', { event: place.night });
  if (rotate === undefined) throw new Error('no rotate job');
  return rotate;
}

async function advance(place: Place, seconds: number): Promise<void> {
  await place.organization.inSandbox((organization) => organization.advance(seconds));
}

function edit(place: Place, change: (text: string) => string): void {
  place.push((folder) => {
    const file = path.join(folder, 'motherduck.accounts.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  });
}

describe.skipIf(isWindows)('a night', () => {
  it('replaces what is due, stores it, revokes the old one after the overlap, and commits the state each time', async () => {
    const place = await applied({ smoke: true });
    await advance(place, 24 * DAY);
    const before = place.programs.secrets;
    const first = await night(place);
    expect(first.status, first.log).toBe('success');
    expect(tokens(place)).toEqual({ 'bi_prod/metabase': '2, 1 retiring', 'etl_prod/airflow': '1, 0 retiring' });
    expect(place.programs.secrets.MOTHERDUCK_bi_prod_metabase).not.toBe(before.MOTHERDUCK_bi_prod_metabase);
    expect(place.programs.secrets.MOTHERDUCK_etl_prod_airflow).toBe(before.MOTHERDUCK_etl_prod_airflow);

    await advance(place, 49 * HOUR);
    const second = await night(place);
    expect(second.status, second.log).toBe('success');
    expect(tokens(place)['bi_prod/metabase']).toBe('2, 0 retiring');
    expect(second.summary.match(/<!-- motherduck-accounts plan/g)).toHaveLength(1);
  });

  it('leaves out, and names, an account whose other changes were not approved yet', async () => {
    const place = await applied();
    await advance(place, 77 * DAY);
    edit(place, (text) =>
      text.replace(
        'bi_prod:\n    ducklings: readers',
        'bi_prod:\n    ducklings: { pool: readers, read_scaling: { pool_size: 4 } }',
      ),
    );
    const { status, log } = await night(place);
    expect(status, log).toBe('success');
    expect(log).toContain(
      '::warning title=Not rotated::Left out, because more than a rotation is planned for them: bi_prod.',
    );
    expect(tokens(place)).toEqual({ 'bi_prod/metabase': '1, 0 retiring', 'etl_prod/airflow': '2, 1 retiring' });
  });

  it('before the first apply touches nothing', async () => {
    const place = await Place.open();
    const { status, log } = await night(place);
    expect(status, log).toBe('success');
    expect(log).toContain('Nothing was applied yet');
    expect(place.programs.secrets).toEqual({});
  });

  it('touches nothing when every account waits', async () => {
    const place = await applied();
    await advance(place, 77 * DAY);
    const before = place.github.repository.read(STATE);
    edit(place, (text) => text.replace('pool_size: 2', 'pool_size: 3').replace('pool_size: 0', 'pool_size: 1'));
    const { status, log } = await night(place);
    expect(status, log).toBe('success');
    expect(log).toContain('No account is left to rotate.');
    expect(place.github.repository.read(STATE)).toBe(before);
  });

  it('that cannot reach MotherDuck fails', async () => {
    const place = await applied();
    const { rotate } = await place.run('rotate.yml', {
      event: place.night,
      secrets: { ...place.secrets, MOTHERDUCK_ADMIN_TOKEN: 'wrong' },
    });
    expect(rotate?.status).toBe('failure');
    expect(rotate?.steps).toMatchObject({ Rotate: 'failure', 'Commit the state': 'success' });
  });
});
