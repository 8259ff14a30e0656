/** A store may hold another secret than the state says, after a failure: the next apply sees to it that it connects. */
import { expect, it } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { DAY, desire, HOUR, token } from '../world.ts';
import { DiskStateWriter } from './disk-state-writer.ts';
import { FaultyWorld } from './faulty-world.ts';

const wanted = (ttl = 90 * DAY): Desired =>
  desire({ etl_prod: { tokens: [token('airflow', { ttl, rotateBefore: HOUR / 2, overlap: 0 })] } });
const rotate = () => true;

/** What programs find in the store. */
async function connects(world: FaultyWorld): Promise<boolean> {
  const stored = new Secret(world.store.secrets.get('etl_prod/airflow') ?? '');
  return typeof (await world.organization.connect(stored)) !== 'string';
}

/** The world's store, told of every secret that it took. */
function storeOf(world: FaultyWorld, onTaken: () => void): SecretStore {
  const { store: memory } = world;
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
async function killAfterStoring(world: FaultyWorld, desired: Desired): Promise<void> {
  const stateWriter = new DiskStateWriter(world.stateWriter.durable);
  let isDead = false;
  const store = storeOf(world, () => {
    isDead = true;
  });
  stateWriter.decide = () => (isDead ? 'refused' : 'done');
  world.stateWriter = stateWriter;
  world.stores = new Map([['memory', store]]);
  world.onCall = () => {
    if (isDead) throw new Error('killed');
  };
  await world.run(desired, { rotate });
  await world.restart();
}

it('the store took the secret of a rotation that was asked for, and then said no', async () => {
  const world = new FaultyWorld();
  await world.run(wanted());
  const liar = storeOf(world, () => {
    throw new UserError('STORE_FAILED', 'the vault took too long', 'Wait.');
  });
  world.stores = new Map([['memory', liar]]);
  const { applied } = await world.run(wanted(), { rotate });
  expect(applied?.outcomes).toMatchObject([{ result: 'failed', error: { code: 'STORE_FAILED' } }]);
  await world.restart();
  await world.run(wanted());
  expect(await connects(world)).toBe(true);
});

it('a run was killed after storing, and the next finds what it stored', async () => {
  const world = new FaultyWorld();
  await world.run(wanted());
  await killAfterStoring(world, wanted());
  expect(await connects(world)).toBe(true);
  await world.run(wanted());
  expect(await connects(world)).toBe(true);
});

it('a run was killed after storing, and a person revoked what it stored', async () => {
  const world = new FaultyWorld();
  await world.run(wanted());
  await killAfterStoring(world, wanted());
  const api = world.api;
  const orphan = (await api.listTokens('etl_prod')).find(({ name }) => name === 'airflow.2');
  await api.deleteToken('etl_prod', orphan?.id ?? expect.unreachable());
  await world.run(wanted());
  expect(await connects(world)).toBe(true);
});

it('a run was killed after storing, and what it stored expired', async () => {
  const world = new FaultyWorld();
  await world.run(wanted());
  await killAfterStoring(world, wanted(HOUR));
  await world.organization.advance(2 * HOUR);
  await world.run(wanted());
  expect(await connects(world)).toBe(true);
});

it('a run was killed after storing, and then its account left the configuration and stays', async () => {
  const world = new FaultyWorld();
  await world.run(wanted());
  await killAfterStoring(world, wanted());
  const { plan } = await world.run(desire({}));
  expect(plan?.retained).toEqual(['etl_prod']);
  expect(await connects(world)).toBe(true);
});
