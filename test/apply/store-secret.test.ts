/** One secret for several stores: in which order, and what is put back when one fails. */
import { expect, it } from 'vitest';
import { alsoFailed, storeSecret } from '../../src/apply/store-secret.ts';
import type { RotateToken } from '../../src/model/action.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { address, secret } from '../secrets/example.ts';

const action = {
  account: 'etl_prod',
  token: 'airflow',
  reason: { kind: 'requested' },
  action: 'rotate_token',
  after: {},
};
const down = new UserError('STORE_FAILED', 'down', 'Start it.');

type Kind = 'file' | 'stuck file' | 'program' | 'failing program' | 'failing file';

/** Stores by name; what is done with them goes to `log`. */
function storesOf(kinds: Readonly<Record<string, Kind>>, log: string[]): SecretStore[] {
  return Object.entries(kinds).map(([name, kind]): SecretStore => {
    const putBack = async () => {
      log.push(`back ${name}`);
      if (kind === 'stuck file') throw down;
    };
    return {
      name,
      ...(kind.endsWith('file') ? { putsBack: true as const } : {}),
      secretPath: () => name,
      check: async () => {},
      put: async () => {
        log.push(`put ${name}`);
        if (kind.startsWith('failing')) throw down;
        return kind.endsWith('file') ? putBack : undefined;
      },
    };
  });
}

it.each<[Readonly<Record<string, Kind>>, string[], string[] | undefined]>([
  [
    { vault: 'program', env: 'file', k8s: 'program', json: 'file' },
    ['put env', 'put json', 'put vault', 'put k8s'],
    undefined,
  ],
  [
    { vault: 'failing program', env: 'file', json: 'file' },
    ['put env', 'put json', 'put vault', 'back json', 'back env'],
    [],
  ],
  [{ env: 'file', json: 'failing file', vault: 'program' }, ['put env', 'put json', 'back env'], []],
  [
    { vault: 'program', k8s: 'failing program', env: 'file' },
    ['put env', 'put vault', 'put k8s', 'back env'],
    ['vault'],
  ],
  [{ a: 'program', b: 'program', c: 'failing program' }, ['put a', 'put b', 'put c'], ['a', 'b']],
  [{ vault: 'failing program', env: 'stuck file' }, ['put env', 'put vault', 'back env'], ['env']],
])('stores of the kinds %j get a secret in the right order', async (kinds, expected, left) => {
  const log: string[] = [];
  const tools = { outsideSlot: <T>(wait: () => Promise<T>) => wait() };
  const found = await storeSecret(
    action as unknown as RotateToken,
    storesOf(kinds, log),
    secret,
    () => address(),
    tools,
  );
  expect(log).toEqual(expected);
  if (found.error === undefined) {
    expect(left).toBeUndefined();
    expect(await found.putBack()).toEqual(['vault', 'k8s']);
    expect(log.slice(expected.length)).toEqual(['back json', 'back env']);
    return;
  }
  expect(found.isLeft).toBe(left !== undefined && left.length > 0);
  expect(found.error).toMatchObject({ code: 'STORE_FAILED' });
  if (left?.length === 0) expect(found.error).toBe(down);
  else {
    expect(found.error).toMatchObject({
      message: expect.stringContaining(left?.join(' and ') ?? 'nothing'),
      hint: { command: ['rotate', 'etl_prod/airflow'] },
    });
  }
});

it('adds to an error, and keeps the command that comes first', () => {
  const next = { text: 'An apply then adopts it.', command: ['apply'] };
  const bare = alsoFailed(
    new UserError('STATE_UNREACHABLE', 's3://a does not answer', 'Try again.'),
    'b is kept',
    next,
  );
  expect(bare.message).toMatch(/answer; .*kept$/);
  expect(bare.hint).toEqual({ text: 'Try again. An apply then adopts it.', command: ['apply'] });
  const unlock = { text: 'Remove the lock.', command: ['state', 'unlock'] };
  const locked = alsoFailed(new UserError('STATE_LOST', 'the lock was removed', unlock), 'b is kept', next);
  expect(locked.hint.command).toEqual(['state', 'unlock']);
  expect(locked.hint.text).toContain(next.text);
});
