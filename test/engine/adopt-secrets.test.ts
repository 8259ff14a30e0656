/** Adopting the secrets of adopted tokens from another program. */
import { expect, it } from 'vitest';
import {
  adoptSecrets,
  checkSecretAdoptions,
  chooseSecrets,
  type KeptToken,
  type SecretAdoptionInput,
} from '../../src/engine/adopt-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import { accountKey } from '../../src/model/username.ts';
import type { SecretStore, SecretTarget } from '../../src/secrets/store.ts';
import { desire, MemoryStore, token, World } from '../world.ts';

const RUNNING = { parallelism: 2, stopping: new AbortController().signal };

/** A store that remembers what it was asked, and refuses the secrets of some tokens. */
class Asked extends MemoryStore {
  readonly refuses = new Set<string>();
  readonly checked: (readonly SecretTarget[])[] = [];

  override async check(targets: readonly SecretTarget[] = []): Promise<void> {
    this.checked.push(targets);
    await super.check();
  }

  override async put(address: { account: string; token: string }, secret: Secret): Promise<void> {
    if (this.refuses.has(address.token)) throw new UserError('STORE_FAILED', `no ${address.token}`, 'Try again.');
    await super.put(address, secret);
  }
}

/** A store that can put back what it had, as files do. */
function undoing(store: MemoryStore): SecretStore {
  return {
    name: store.name,
    putsBack: true,
    secretPath: (address) => store.secretPath(address),
    check: () => store.check(),
    put: async (address, secret) => {
      await store.put(address, secret);
      return async () => void store.secrets.delete(`${address.account}/${address.token}`);
    },
  };
}

/** A world with two accounts whose tokens were adopted, and what another program has of them. */
async function adopted() {
  const world = new World();
  const store = new Asked();
  world.stores = new Map([['memory', store]]);
  const kept: KeptToken[] = [];
  for (const [username, keys] of [
    ['etl_prod', ['airflow', 'dbt']],
    ['reader', ['bi']],
  ] as const) {
    await world.api.createUser(username);
    for (const name of keys) {
      const { record, secret } = await world.api.createToken(username, {
        name,
        token_type: 'read_write',
        ttl: 7776000,
      });
      kept.push({ username: username.toUpperCase(), id: record.id, secret });
    }
  }
  const desired = desire({
    etl_prod: { tokens: [token('airflow'), token('dbt')] },
    reader: { tokens: [token('bi')] },
  });
  await world.apply(desired);
  const input = async (): Promise<SecretAdoptionInput> => {
    const { state } = world.stateWriter;
    return { desired, state, live: await world.live(desired), stores: world.stores, isSandbox: true };
  };
  return { world, store, kept, input };
}

function currentOf(world: World, name: string) {
  const [account = '', key = ''] = name.split('/');
  return world.stateWriter.state.accounts.get(accountKey(account))?.tokens.get(key)?.current;
}

it('checks the stores, stores each secret, and records it, once', async () => {
  const { world, store, kept, input } = await adopted();
  expect(currentOf(world, 'etl_prod/dbt')?.secret).toBe('unknown');
  const { adoptions, unadopted } = chooseSecrets(kept, await input());
  expect(unadopted).toEqual([]);
  await checkSecretAdoptions(adoptions, await input());
  expect(store.checked.at(-1)?.map(({ token }) => token)).toEqual(['airflow', 'dbt', 'bi']);
  expect(store.secrets.size).toBe(0);
  expect(await adoptSecrets(adoptions, world.stateWriter, world.api.now, RUNNING)).toEqual({
    stored: adoptions,
    failures: [],
  });
  expect(store.secrets.get('reader/bi')).toBe(kept[2]?.secret?.reveal());
  expect(currentOf(world, 'reader/bi')?.secret).toMatchObject({ store: 'memory', secret_path: 'memory#reader/bi' });
  expect(JSON.stringify([...world.stateWriter.state.accounts])).not.toContain(kept[2]?.secret?.reveal());
  expect(chooseSecrets(kept, await input())).toEqual({ adoptions: [], unadopted: [] });
});

it('goes on where a store refuses one, which the next run adopts', async () => {
  const { world, store, kept, input } = await adopted();
  store.refuses.add('airflow');
  const first = chooseSecrets(kept, await input());
  const done = await adoptSecrets(first.adoptions, world.stateWriter, world.api.now, RUNNING);
  expect(done.stored.map(({ key }) => key).sort()).toEqual(['bi', 'dbt']);
  expect(done).toMatchObject({ failures: [{ code: 'STORE_FAILED' }] });
  expect(chooseSecrets(kept, await input()).adoptions.map(({ key }) => key)).toEqual(['airflow']);
});

it('stores a secret in all stores of its token, or in none, and the next run adopts what it did not', async () => {
  const { world, kept, input } = await adopted();
  const [file, vault] = [new MemoryStore('file'), new MemoryStore('vault')];
  const stores = new Map<string, SecretStore>([
    ['file', undoing(file)],
    ['vault', vault],
  ]);
  const tokens = [{ ...token('airflow'), stores: ['vault', 'file'] }];
  const desired = desire({ etl_prod: { tokens }, reader: { tokens: [] } });
  const adopt = async () => {
    const { adoptions } = chooseSecrets(kept, { ...(await input()), desired, stores });
    return adoptSecrets(adoptions, world.stateWriter, world.api.now, RUNNING);
  };
  vault.fails = new UserError('STORE_FAILED', 'sealed', 'Unseal it.');
  expect(await adopt()).toMatchObject({ stored: [], failures: [{ message: 'sealed' }] });
  expect([file.secrets.size, currentOf(world, 'etl_prod/airflow')?.secret]).toEqual([0, 'unknown']);
  // The other way round, the first cannot put back what it had.
  const second = new MemoryStore('second');
  second.fails = vault.fails;
  vault.fails = undefined;
  stores.set('second', second);
  const { adoptions } = chooseSecrets(kept, {
    ...(await input()),
    desired: desire({ etl_prod: { tokens: [{ ...token('airflow'), stores: ['vault', 'second'] }] } }),
    stores,
  });
  const left = await adoptSecrets(adoptions, world.stateWriter, world.api.now, RUNNING);
  expect(left).toMatchObject({
    stored: [],
    failures: [{ message: expect.stringMatching(/^sealed; .*\bvault\b/) }],
  });
  for (const stored of [[{ key: 'airflow' }], []]) {
    expect(await adopt()).toMatchObject({ stored, failures: [] });
    expect([file, vault].map(({ secrets }) => secrets.get('etl_prod/airflow'))).toEqual(
      Array(2).fill(kept[0]?.secret?.reveal()),
    );
  }
});

it('stops between two secrets when it is interrupted', async () => {
  const { world, kept, input } = await adopted();
  const { adoptions } = chooseSecrets(kept, await input());
  expect(
    await adoptSecrets(adoptions, world.stateWriter, world.api.now, {
      parallelism: 1,
      stopping: AbortSignal.abort(),
    }),
  ).toEqual({
    stored: [],
    failures: [],
  });
});

it('stores nothing where a store cannot be written', async () => {
  const { store, kept, input } = await adopted();
  store.unusable = new UserError('STORE_UNUSABLE', 'the store is full', 'Empty it.');
  const { adoptions } = chooseSecrets(kept, await input());
  await expect(checkSecretAdoptions(adoptions, await input())).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
});

it('adopts none that is of another account, another organization, or no secret', async () => {
  const { kept, input } = await adopted();
  const [airflow, dbt, bi] = kept;
  const secrets: [Secret | undefined, string][] = [
    [bi?.secret, 'other'],
    [new Secret('no.jwt'), 'other'],
    [new Secret(`x.${Buffer.from('{"tokenType":"read_write"}').toString('base64url')}.y`), 'other'],
    [new Secret(`x.${Buffer.from('{"iss":"sandbox","tokenType":"read_scaling"}').toString('base64url')}.y`), 'other'],
    [undefined, 'missing'],
  ];
  for (const [secret, kind] of secrets) {
    const one = { username: 'etl_prod', id: airflow?.id ?? '', ...(secret === undefined ? {} : { secret }) };
    expect(chooseSecrets([one], await input())).toEqual({
      adoptions: [],
      unadopted: [{ kind, name: 'etl_prod/airflow', id: one.id }],
    });
  }
  // Two tokens of one account that were created together cannot be told apart by their claims.
  const swapped = { username: 'etl_prod', id: airflow?.id ?? '', ...(dbt?.secret ? { secret: dbt.secret } : {}) };
  expect(chooseSecrets([swapped], await input()).adoptions).toHaveLength(1);
});

it('adopts none that expired, or that was made at another time than its token, so swapped ones are found', async () => {
  const { world, input } = await adopted();
  const { created_at: at = '', id = '' } = currentOf(world, 'etl_prod/airflow') ?? {};
  const created = Date.parse(at) / 1000;
  const claiming = (claims: object) => {
    const text = JSON.stringify({ iss: 'sandbox', tokenType: 'read_write', ...claims });
    return new Secret(`x.${Buffer.from(text).toString('base64url')}.y`);
  };
  const choose = async (secret: Secret) => chooseSecrets([{ username: 'etl_prod', id, secret }], await input());
  const unadopted = [{ kind: 'other_time', name: 'etl_prod/airflow', id }];
  for (const claims of [{ iat: 0 }, { exp: 1 }, { iat: created, exp: created - 1 }, { iat: created + 300 }])
    expect(await choose(claiming(claims))).toEqual({ adoptions: [], unadopted });
  for (const claims of [{}, { iat: created - 60 }, { iat: created, exp: created + 7776000 }, { iat: 'never' }])
    expect((await choose(claiming(claims))).unadopted).toEqual([]);

  await world.organization.advance(600);
  const later = await world.api.createToken('etl_prod', { name: 'later', token_type: 'read_write', ttl: 7776000 });
  expect(await choose(later.secret)).toEqual({ adoptions: [], unadopted });
});
