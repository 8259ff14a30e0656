/** The largest state: what a run writes, the next one can read. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import { STATE_LIMITS, type StateAccount, type StateToken } from '../../src/model/state.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { openState } from '../../src/state/opened-state.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { newFolder } from '../files/processes.ts';
import { add } from './backend-behaviour.ts';
import { bareAccount, example, fullAccount } from './example.ts';
import { MemoryService } from './memory-store.ts';

const LIMIT = 3000;

describe('a state file that cannot grow any more', () => {
  const full = async () => {
    const path = join(await newFolder(), 'state.json');
    const file = await openState(fileBackend(path, LIMIT), 'acme');
    const kept: string[] = [];
    for (;;) {
      const name = `account_${kept.length}`;
      const error: unknown = await add(file, name).then(
        () => undefined,
        (reason) => reason,
      );
      if (error !== undefined) return { path, file, kept, refused: name, error };
      kept.push(name);
      expect((await stat(path)).size).toBeLessThanOrEqual(LIMIT);
    }
  };

  it('is refused before the write that no run could read, its log included, and has everything before it', async () => {
    const { path, kept, error } = await full();
    expect(error).toMatchObject({ code: 'STATE_UNWRITABLE' });
    const read = await openState(fileBackend(path, LIMIT), 'acme');
    expect([...read.state.accounts.keys()].sort()).toEqual(kept.sort());
  });

  it('is written again once an account is removed from it', async () => {
    const { path, file, kept, refused } = await full();
    await updateAccount(file, refused, () => undefined);
    await file.close();
    const read = await openState(fileBackend(path, LIMIT), 'acme');
    expect([...read.state.accounts.keys()].sort()).toEqual(kept.sort());
  });

  it('is refused where another program made it larger', async () => {
    const { path } = await full();
    await expect(openState(fileBackend(path, 100), 'acme')).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
});

it('is not written to a storage service as an object that is too large', async () => {
  const service = new MemoryService();
  const file = await openState(objectBackend(service.store(), LIMIT), 'acme');
  for (let n = 0; n < 40; n++) await add(file, `account_${n}`);
  await expect(add(file, 'a'.repeat(LIMIT))).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' });
  await updateAccount(file, 'a'.repeat(LIMIT), () => undefined);
  await file.close();
  expect(Math.max(...[...service.objects.values()].map(({ text }) => text.length))).toBeLessThanOrEqual(LIMIT);
  expect((await openState(objectBackend(service.store(), LIMIT), 'acme')).state.accounts.size).toBe(40);
});

it('has more bytes for each of its values than the largest one has', () => {
  const accounts = [bareAccount('tenant'), fullAccount].map((account) => new Map([['tenant', account]]));
  for (const text of accounts.map((of) => serializeState({ ...example, accounts: of }))) {
    const values = text.replace(/"[^"]*"/g, '').match(/[,{[]/g) ?? [];
    expect(text.length / values.length).toBeGreaterThan(STATE_LIMITS.bytes / STATE_LIMITS.values);
  }
});

/** 50,000 accounts with 200,000 tokens, each of them in its overlap, and as long a log: what a configuration may have. */
it('has space for the largest configuration and a log of its length', () => {
  const airflow = fullAccount.tokens.get('airflow');
  const [retiring] = airflow?.retiring ?? [];
  if (airflow === undefined || retiring === undefined) throw new Error('the example has another token');
  const token: StateToken = { ...airflow, retiring: [retiring], intents: [] };
  const account: StateAccount = { ...bareAccount('tenant_00001'), tokens: new Map() };
  const lengthWith = (tokens: number) => {
    const keys = Array.from({ length: tokens }, (_, n) => [`airflow_${n}`, token] as const);
    return serializeState({ ...example, accounts: new Map([['tenant_00001', { ...account, tokens: new Map(keys) }]]) })
      .length;
  };
  expect(2 * 50_000 * lengthWith(4)).toBeLessThan(STATE_LIMITS.bytes);
});
