/** Texts that are not on the disk yet, and what a configuration defines by name: what an import is checked with. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { BASE, folderOf, load, MAIN } from './loading.ts';

describe('a text that is not written yet', () => {
  it('stands for the file at its path, an included one too', async () => {
    const folder = folderOf({ [MAIN]: `${BASE}include: [more.yaml]\n`, 'more.yaml': 'accounts: {}\n' });
    const texts = new Map([[path.join(folder, 'more.yaml'), 'accounts: { etl_prod: { tokens: { a: app } } }\n']]);
    const loaded = await loadConfig(path.join(folder, MAIN), {}, texts);
    expect(loaded.ok && [...loaded.desired.accounts.keys()]).toEqual(['etl_prod']);
  });

  it('stands for a main file that is not there', async () => {
    const file = path.join(folderOf({}), MAIN);
    const loaded = await loadConfig(file, {}, new Map([[file, BASE]]));
    expect(loaded.ok && loaded.desired.organization).toBe('acme');
  });
});

describe('what a configuration defines', () => {
  it('is given by name, used or not, with what its values come to', async () => {
    const pools = 'duckling_pools:\n  small: { read_scaling: { size: pulse, pool_size: 2 } }\n';
    const loaded = await load(`${BASE}${pools}`);
    if (!loaded.ok) throw new Error('it is right');
    const app = { type: 'read_write', ttl: 7_776_000, rotateBefore: 1_209_600, overlap: 86_400, stores: ['local'] };
    expect(loaded.definitions.policies).toEqual(new Map([['app', app]]));
    const small = { read_write: {}, read_scaling: { size: 'pulse', pool_size: 2 } };
    expect(loaded.definitions.pools).toEqual(new Map([['small', small]]));
  });
});
