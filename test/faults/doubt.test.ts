/** A store may hold another secret than the state says, after a failure: the next apply sees to it that it connects. */
import { expect, it } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { DAY, desire, HOUR, token } from '../world.ts';
import { DiskLedger } from './disk.ts';
import { Site } from './site.ts';

const wanted = (ttl = 90 * DAY): Desired =>
  desire({ etl_prod: { tokens: [token('airflow', { ttl, rotateBefore: HOUR / 2, overlap: 0 })] } });
const rotate = () => true;

/** What programs find in the store. */
async function connects(site: Site): Promise<boolean> {
  const held = new Secret(site.memory.held.get('etl_prod/airflow') ?? '');
  return typeof (await site.organization.connect(held)) !== 'string';
}

/** The site's store, told of every secret that it took. */
function storeOf(site: Site, onTaken: () => void): SecretStore {
  const { memory } = site;
  return {
    name: memory.name,
    secretPath: (address) => memory.secretPath(address),
    check: async () => {},
    put: async (address, secret) => {
      await memory.put(address, secret);
      onTaken();
    },
  };
}

/** A run is killed when it has stored a secret, before it could note that. */
async function killAfterStoring(site: Site, desired: Desired): Promise<void> {
  const stateWriter = new DiskLedger(site.stateWriter.durable);
  let isDead = false;
  const store = storeOf(site, () => {
    isDead = true;
  });
  stateWriter.decide = () => (isDead ? 'refused' : 'done');
  site.stateWriter = stateWriter;
  site.stores = new Map([['memory', store]]);
  site.onCall = () => {
    if (isDead) throw new Error('killed');
  };
  await site.run(desired, { rotate });
  await site.restart();
}

it('the store took the secret of a rotation that was asked for, and then said no', async () => {
  const site = new Site();
  await site.run(wanted());
  const liar = storeOf(site, () => {
    throw new UserError('STORE_FAILED', 'the vault took too long', 'Wait.');
  });
  site.stores = new Map([['memory', liar]]);
  const { applied } = await site.run(wanted(), { rotate });
  expect(applied?.outcomes).toMatchObject([{ result: 'failed', error: { code: 'STORE_FAILED' } }]);
  await site.restart();
  await site.run(wanted());
  expect(await connects(site)).toBe(true);
});

it('a run was killed after storing, and the next finds what it stored', async () => {
  const site = new Site();
  await site.run(wanted());
  await killAfterStoring(site, wanted());
  expect(await connects(site)).toBe(true);
  await site.run(wanted());
  expect(await connects(site)).toBe(true);
});

it('a run was killed after storing, and a person revoked what it stored', async () => {
  const site = new Site();
  await site.run(wanted());
  await killAfterStoring(site, wanted());
  const api = site.api();
  const orphan = (await api.listTokens('etl_prod')).find(({ name }) => name === 'airflow.2');
  await api.deleteToken('etl_prod', orphan?.id ?? expect.unreachable());
  await site.run(wanted());
  expect(await connects(site)).toBe(true);
});

it('a run was killed after storing, and what it stored expired', async () => {
  const site = new Site();
  await site.run(wanted());
  await killAfterStoring(site, wanted(HOUR));
  await site.organization.advance(2 * HOUR);
  await site.run(wanted());
  expect(await connects(site)).toBe(true);
});

it('a run was killed after storing, and then its account left the configuration and stays', async () => {
  const site = new Site();
  await site.run(wanted());
  await killAfterStoring(site, wanted());
  const { plan } = await site.run(desire({}));
  expect(plan?.retained).toEqual(['etl_prod']);
  expect(await connects(site)).toBe(true);
});
