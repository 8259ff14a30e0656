/**
 * One of many writers of a state, as a process of its own: locks it, adds accounts, each acknowledged on stdout, and frees it.
 *
 *   node writer.mjs KIND PLACE NAME ROUNDS [FILE]
 *
 * With FILE it stands still after its first account, its heartbeat too, until that file exists.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { updateAccount } from '../../../src/apply/state-writer.ts';
import { stateHttp } from '../../../src/engine/state-http.ts';
import { isStateError, UserError } from '../../../src/model/user-error.ts';
import { openBackend } from '../../../src/state/backends.ts';
import { fileBackend } from '../../../src/state/kinds/file/backend.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { openState } from '../../../src/state/opened-state.ts';
import { sandboxTable } from '../sandbox-table.ts';

const [kind = '', place = '', name = '', rounds = '1', goOn] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);

function open() {
  if (kind === 'file') return fileBackend(place);
  if (kind === 'motherduck') return objectBackend(sandboxTable(place, { database: 'ops' }));
  const location = { file: 'a.yaml', line: 1, column: 1 };
  const config = { kind, location, ...(JSON.parse(place) as object) };
  const context = { env: process.env, defaultFile: '', http: async () => stateHttp(process.env) };
  return openBackend(config, { ...context, admin: () => Promise.reject(new Error('it is no table')) });
}

function standStill(file: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(cell, 0, 0, 20);
}

for (let round = 0; round < Number(rounds); round++) {
  const backend = await open();
  const request = { command: 'write', who: name, waitMs: 300_000, warn: () => {} };
  const lock = await backend.lock(request).catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'STATE_LOCKED') return undefined;
    throw error;
  });
  if (lock === undefined) {
    say('skipped');
    continue;
  }
  try {
    const file = await openState(backend, 'acme');
    for (let n = 0; n < 3; n++) {
      await file.confirm();
      const username = `${name}_${round}_${n}`;
      await updateAccount(file, username, () => ({
        username,
        origin: 'created',
        since: '2026-11-01T08:00:00.000Z',
        deletion_protection: false,
        tokens: new Map(),
      }));
      say(`kept ${username}`);
      if (goOn !== undefined && n === 0) standStill(goOn);
    }
  } catch (error) {
    if (!(error instanceof UserError) || !isStateError(error)) throw error;
    say(`lost ${error.code}`);
  } finally {
    await lock.release();
  }
  await sleep(Math.random() * 20);
}
say('done');
