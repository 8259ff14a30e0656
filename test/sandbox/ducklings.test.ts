import { describe, expect, test } from 'vitest';
import { SIZES, sizesThat } from '../../src/model/ducklings.ts';
import { ask, organization, withAccount } from './support.ts';

const CALL = 'PUT /v1/users/etl_prod/instances';
const PULSE = { instance_size: 'pulse' };
const POOL = { instance_size: 'pulse', flock_size: 2 };

describe('GET /v1/users/{username}/instances', () => {
  test('a new account has standard Ducklings, four for read scaling, with cooldowns', async () => {
    const answer = await ask(await withAccount(), 'GET /v1/users/etl_prod/instances');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      read_write: { instance_size: 'standard', cooldown_seconds: 60 },
      read_scaling: { instance_size: 'standard', flock_size: 4, cooldown_seconds: 60 },
    });
  });

  test('of an unknown account is a JSON 404', async () => {
    const answer = await ask(organization(), 'GET /v1/users/nobody/instances');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      message: 'User "nobody" not found',
      code: 'NOT_FOUND',
      data: { code: 'NOT_FOUND', httpStatus: 404, path: 'ducklings.get' },
    });
  });
});

describe('PUT /v1/users/{username}/instances', () => {
  test('returns what it set, as a read does', async () => {
    const sandbox = await withAccount();
    const config = {
      read_write: { instance_size: 'jumbo', cooldown_seconds: 600 },
      read_scaling: { instance_size: 'standard', flock_size: 64, cooldown_seconds: 86_400 },
    };
    const answer = await ask(sandbox, CALL, { json: { config: { ...config, more: 1 } } });
    expect(answer).toMatchObject({ status: 200, body: config });
    expect(answer.body).toEqual(config);
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/instances')).body).toEqual(config);
  });

  test.each([
    ['pulse', undefined],
    ['standard', 60],
    ['jumbo', 60],
    ['mega', 300],
    ['giga', 600],
  ])('%s without a cooldown gets %s', async (size, cooldown) => {
    const config = { read_write: { instance_size: size }, read_scaling: { ...POOL, flock_size: 0 } };
    const { status, body } = await ask(await withAccount(), CALL, { json: { config } });
    expect(status).toBe(200);
    expect(body).toEqual({
      read_write: { instance_size: size, ...(cooldown !== undefined && { cooldown_seconds: cooldown }) },
      read_scaling: { instance_size: 'pulse', flock_size: 0 },
    });
  });

  test('a missing cooldown is reset to the default', async () => {
    const sandbox = await withAccount();
    const config = (read_write: object) => ({ json: { config: { read_write, read_scaling: POOL } } });
    await ask(sandbox, CALL, config({ instance_size: 'standard', cooldown_seconds: 900 }));
    const { body } = await ask(sandbox, CALL, config({ instance_size: 'standard' }));
    expect(body.read_write).toEqual({ instance_size: 'standard', cooldown_seconds: 60 });
  });

  const standard = (more: object) => ({ instance_size: 'standard', ...more });
  test.each([
    [{}, 'invalid_type', 'Required', ['config']],
    [{ config: { read_write: PULSE } }, 'invalid_type', 'Required', ['config', 'read_scaling']],
    [{ config: { read_scaling: POOL } }, 'invalid_type', 'Required', ['config', 'read_write']],
    [
      { config: { read_write: {}, read_scaling: POOL } },
      'invalid_type',
      'Required',
      ['config', 'read_write', 'instance_size'],
    ],
    [
      { config: { read_write: { instance_size: 'Pulse' }, read_scaling: POOL } },
      'invalid_enum_value',
      `Invalid enum value. Expected ${SIZES.map((size) => `'${size}'`).join(' | ')}, received 'Pulse'`,
      ['config', 'read_write', 'instance_size'],
    ],
    [
      { config: { read_write: PULSE, read_scaling: PULSE } },
      'invalid_type',
      'Required',
      ['config', 'read_scaling', 'flock_size'],
    ],
    [
      { config: { read_write: PULSE, read_scaling: { ...POOL, flock_size: 65 } } },
      'too_big',
      'Number must be less than or equal to 64',
      ['config', 'read_scaling', 'flock_size'],
    ],
    [
      { config: { read_write: PULSE, read_scaling: { ...POOL, flock_size: -1 } } },
      'too_small',
      'Number must be greater than or equal to 0',
      ['config', 'read_scaling', 'flock_size'],
    ],
    [
      { config: { read_write: standard({ cooldown_seconds: 59 }), read_scaling: POOL } },
      'too_small',
      'Number must be greater than or equal to 60',
      ['config', 'read_write', 'cooldown_seconds'],
    ],
    [
      { config: { read_write: standard({ cooldown_seconds: 86_401 }), read_scaling: POOL } },
      'too_big',
      'Number must be less than or equal to 86400',
      ['config', 'read_write', 'cooldown_seconds'],
    ],
    [
      { config: { read_write: { ...PULSE, cooldown_seconds: 60 }, read_scaling: POOL } },
      'custom',
      'cooldown_seconds cannot be set for Pulse instances',
      ['config', 'read_write', 'cooldown_seconds'],
    ],
    [
      { config: { read_write: PULSE, read_scaling: { ...POOL, cooldown_seconds: 60 } } },
      'custom',
      'cooldown_seconds cannot be set for Pulse instances',
      ['config', 'read_scaling', 'cooldown_seconds'],
    ],
  ])('refuses %j', async (json, code, message, path) => {
    const sandbox = await withAccount();
    const answer = await ask(sandbox, CALL, { json });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      message,
      code: 'BAD_REQUEST',
      data: { code: 'BAD_REQUEST', httpStatus: 400, path: 'ducklings.set' },
      issues: [{ code, message, path }],
    });
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/instances')).body.read_write.instance_size).toBe('standard');
  });

  test.each(sizesThat(({ readScaling }) => !readScaling))('refuses %s for read scaling', async (size) => {
    const config = { read_write: PULSE, read_scaling: { instance_size: size, flock_size: 1 } };
    const answer = await ask(await withAccount(), CALL, { json: { config } });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      message: `Invalid config for tier business: read_scaling does not support instance_size ${size}`,
      code: 'BAD_REQUEST',
      data: { code: 'BAD_REQUEST', httpStatus: 400, path: 'ducklings.set' },
    });
  });

  test('the Lite plan has pulse only', async () => {
    const sandbox = await withAccount({ plan: 'lite' });
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/instances')).body.read_write).toEqual(PULSE);
    const config = { read_write: { instance_size: 'standard' }, read_scaling: POOL };
    const answer = await ask(sandbox, CALL, { json: { config } });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/^Invalid config for tier lite: /);
  });

  test("MotherDuck's support can enable all sizes for read scaling", async () => {
    const sandbox = await withAccount({ read_scaling_sizes: 'all' });
    const config = { read_write: PULSE, read_scaling: { instance_size: 'giga', flock_size: 1 } };
    expect((await ask(sandbox, CALL, { json: { config } })).status).toBe(200);
  });

  test.each([
    ['by_size', [300, 60]],
    ['minute', [60, 60]],
  ] as const)('the cooldown that is left out is a default: %s', async (default_cooldown, seconds) => {
    const sandbox = await withAccount({ default_cooldown });
    const config = {
      read_write: { instance_size: 'mega' },
      read_scaling: { instance_size: 'jumbo', flock_size: 1 },
    };
    const { body } = await ask(sandbox, CALL, { json: { config } });
    expect([body.read_write.cooldown_seconds, body.read_scaling.cooldown_seconds]).toEqual(seconds);
  });

  test('a plan can allow smaller pools only', async () => {
    const sandbox = await withAccount({ max_pool_size: 3 });
    expect((await ask(sandbox, 'GET /v1/users/etl_prod/instances')).body.read_scaling.flock_size).toBe(3);
    const config = (flock_size: number) => ({ read_write: PULSE, read_scaling: { ...PULSE, flock_size } });
    const refused = await ask(sandbox, CALL, { json: { config: config(4) } });
    expect(refused.status).toBe(400);
    expect(refused.body.message).toMatch(/^Invalid config for tier business: /);
    expect((await ask(sandbox, CALL, { json: { config: config(3) } })).status).toBe(200);
  });

  test('of an unknown account is a JSON 404', async () => {
    const json = { config: { read_write: PULSE, read_scaling: POOL } };
    const answer = await ask(organization(), 'PUT /v1/users/nobody/instances', { json });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('GET /v1/active_accounts', () => {
  const active = async (sandbox: ReturnType<typeof organization>) =>
    (await ask(sandbox, 'GET /v1/active_accounts')).body;

  test('an account is active from its connection until the cooldown ends', async () => {
    const sandbox = await withAccount();
    expect(await active(sandbox)).toEqual({ accounts: [] });
    await sandbox.connect(await sandbox.mint({ username: 'etl_prod' }));
    expect(await active(sandbox)).toEqual({
      accounts: [{ username: 'etl_prod', ducklings: [{ id: 'rw', type: 'read_write', status: 'active' }] }],
    });
    await sandbox.advance(61);
    expect(await active(sandbox)).toEqual({ accounts: [] });
  });

  test('a pulse Duckling sleeps after a second', async () => {
    const sandbox = await withAccount({ plan: 'lite' });
    await sandbox.connect(await sandbox.mint({ username: 'etl_prod' }));
    expect((await active(sandbox)).accounts).toHaveLength(1);
    await sandbox.advance(1);
    expect(await active(sandbox)).toEqual({ accounts: [] });
  });

  test('each kind of Duckling stops by itself', async () => {
    const sandbox = await withAccount();
    await sandbox.connect(await sandbox.mint({ username: 'etl_prod' }));
    await sandbox.connect(await sandbox.mint({ username: 'etl_prod', type: 'read_scaling' }));
    await sandbox.sleep('ETL_PROD', 'read_write');
    expect(await active(sandbox)).toEqual({
      accounts: [{ username: 'etl_prod', ducklings: [{ id: 'rs.0', type: 'read_scaling', status: 'active' }] }],
    });
  });
});
