/** A state in a table: in the sandbox, one DuckDB database, which several processes open. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import type { ConnectionTarget } from '../../../src/motherduck/connector.ts';
import { SqlSession } from '../../../src/motherduck/sql-session.ts';
import { type TableOptions, tableStore } from '../../../src/state/kinds/motherduck/store.ts';
import { type ObjectStore, UnsureError } from '../../../src/state/object-store.ts';
import type { AdminConnection } from '../../../src/state/state-kind.ts';
import { expectGoldenError } from '../../golden/golden.ts';
import { hasProc } from '../../platform.ts';
import { replaceProbe } from '../../probe-in-process.ts';
import { testObjectStore } from '../backend-behaviour.ts';
import type { Fate } from '../memory-store.ts';
import { PROBE, sandboxAdmin, sandboxTable } from '../sandbox-table.ts';

const TOKEN = new Secret('token-of-the-admin-5f1c');

/** A sandbox, and every session that was opened in it. */
class Databases {
  readonly #folder: Promise<string>;
  #opened: ObjectStore[] = [];

  constructor() {
    this.#folder = mkdtemp(path.join(tmpdir(), 'mdacc-table-'));
  }

  async admin(): Promise<AdminConnection> {
    return sandboxAdmin(await this.#folder);
  }

  async store(database: string, schema = 'main', options: TableOptions = {}): Promise<ObjectStore> {
    const store = sandboxTable(await this.#folder, { database, schema, ...options });
    this.#opened.push(store);
    return store;
  }

  /** The sandbox's file of a database. */
  async target(database: string): Promise<ConnectionTarget> {
    const { connector, token, close } = await this.admin();
    const target = await connector.sessionTarget(token, database);
    await close();
    return target;
  }

  /** Ends the processes. A store that is used again begins another. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.map((store) => store.close()));
    this.#opened = [];
  }

  async end(): Promise<void> {
    await this.closeAll();
    await rm(await this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

testObjectStore(
  'a table of the sandbox',
  async () => {
    const databases = new Databases();
    let places = 0;
    return {
      place: async () => {
        await databases.closeAll();
        const schema = `place_${++places}`;
        let fate: () => Fate = () => 'answered';
        return {
          store: async () => {
            const store = await databases.store('ops', schema);
            const create = store.create.bind(store);
            store.create = async (key, text) => {
              const what = key.startsWith('log/') ? fate() : 'answered';
              if (what === 'never_arrives') throw new UnsureError('ECONNRESET');
              const answer = await create(key, text);
              if (what === 'answer_lost') throw new UnsureError('ETIMEDOUT');
              return answer;
            };
            return store;
          },
          loses: (decide) => {
            fate = decide;
          },
        };
      },
      end: () => databases.end(),
    };
  },
  // One statement lists all.
  { rounds: 2, listed: 105 },
);

describe('the table of a state', () => {
  const databases = new Databases();
  afterAll(() => databases.end());

  it('is created by the first object, not by reading', async () => {
    const store = await databases.store('reads', 'prod');
    expect(await store.get('lock.json')).toBeUndefined();
    expect(await store.list('log/')).toEqual([]);
    await store.remove('lock.json');
    const look = new SqlSession({
      target: () => databases.target('reads'),
      seconds: 60,
      secrets: [],
      env: process.env,
      probePath: PROBE,
    });
    const tables = () => look.run("SELECT table_schema FROM information_schema.tables WHERE table_catalog = 'reads'");
    expect(await tables()).toEqual([]);
    await store.create('lock.json', '{}');
    expect(await tables()).toEqual([{ table_schema: 'prod' }]);
    await look.close();
    expect(store.name).toBe('reads.prod.motherduck_accounts_state');
  });

  it('reads objects that are requested at once by one statement, and has long ones', async () => {
    const store = await databases.store('long');
    const text = `{"serial":1,"text":"${'Zoë 鴨 '.repeat(400_000)}"}`;
    await store.create('log/1.json', text);
    const keys = ['log/1.json', 'log/2.json', 'log/1.json'];
    const found = await Promise.all(keys.map((key) => store.get(key)));
    expect(found.map((each) => each?.text === text)).toEqual([true, false, true]);
  });

  it('passes texts as parameters', async () => {
    const store = await databases.store('texts');
    const text = `'); DROP TABLE "texts"."main"."motherduck_accounts_state"; -- $1 ? \u2028`;
    await store.create(text, text);
    expect((await store.get(text))?.text).toBe(text);
    expect(await store.list(`'); DROP`)).toEqual([text]);
  });

  it('waits for the transaction of another process', async () => {
    const other = await databases.target('held');
    // Holds the file without an end, as a process that was stopped in the middle of a transaction.
    const stopped = new SqlSession({
      target: async () => ({ ...other, transaction: { before: other.transaction?.before ?? '', after: 'SELECT 1' } }),
      seconds: 60,
      secrets: [],
      env: process.env,
      probePath: PROBE,
    });
    const store = await databases.store('held');
    await store.create('log/1.json', 'first');
    await stopped.run('SELECT 1');
    const creating = store.create('log/2.json', 'second');
    const isEarly = await Promise.race([creating, new Promise((done) => setTimeout(done, 500, 'waiting'))]);
    expect(isEarly).toBe('waiting');
    await stopped.close(); // kills it
    expect(await creating).toBe('created');
  });

  it('takes an object once when the process that connects is killed at any moment', async () => {
    const [store, other] = [await databases.store('killed'), await databases.store('killed')];
    const taken: string[] = [];
    await other.create('log/0.json', 'first');
    const before = performance.now();
    await store.create('lock.json', 'ours');
    const whole = performance.now() - before;
    await store.close();
    for (let serial = 1; serial <= 30; serial++) {
      const key = `log/${serial}.json`;
      const creating = store.create(key, 'ours').then(
        (answer) => answer,
        (error: unknown) => error,
      );
      const moment = serial % 10;
      // At the first moment no process has started, and at the last the object is there, however slow the machine is.
      if (moment === 9) await creating;
      else await new Promise((done) => setTimeout(done, (moment / 6) * whole));
      await store.close();
      const answer = await creating;
      if (answer !== 'created') expect(answer).toBeInstanceOf(UnsureError);
      const second = await other.create(key, 'theirs');
      if (answer === 'created') expect(second).toBe('exists');
      taken.push((await other.get(key))?.text ?? 'nobody');
      expect(taken.at(-1)).toBe(second === 'created' ? 'theirs' : 'ours');
    }
    expect(new Set(taken)).toEqual(new Set(['ours', 'theirs']));
  });

  it.runIf(hasProc)('is reached by a process that shows no token', async () => {
    const session = new SqlSession({
      target: async () => {
        const target = await databases.target('shown');
        return { ...target, options: { custom_user_agent: TOKEN.reveal() } };
      },
      seconds: 60,
      secrets: [TOKEN],
      env: process.env,
      probePath: PROBE,
    });
    await session.run('SELECT 1');
    const children = readdirSync('/proc').filter((name) => {
      try {
        return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('probe.cjs');
      } catch {
        return false;
      }
    });
    expect(children.length).toBeGreaterThan(0);
    for (const child of children) {
      for (const file of ['cmdline', 'environ']) {
        expect(readFileSync(`/proc/${child}/${file}`, 'utf8')).not.toContain(TOKEN.reveal());
      }
    }
    const error: unknown = await session.run(`SELECT error('bad ${TOKEN.reveal()}')`).catch((caught) => caught);
    expect(String(error)).toContain('bad');
    expect(String(error)).not.toContain(TOKEN.reveal());
    await session.close();
  });
});

describe('an error of MotherDuck', () => {
  let databases: Databases;
  beforeAll(() => {
    databases = new Databases();
    return replaceProbe(PROBE);
  });
  afterAll(() => databases.end());

  /** A table whose connection fails with a text. */
  const failing = async (text: string) => {
    const admin = async () => {
      const opened = await databases.admin();
      const sessionTarget = async (): Promise<ConnectionTarget> => ({
        path: ':memory:',
        options: {},
        setup: [`SELECT error('${text.replaceAll("'", "''")}')`],
        confine: [],
        shutdown: '',
      });
      return { ...opened, connector: { ...opened.connector, sessionTarget } };
    };
    const store = tableStore(
      { database: 'ops', schema: 'main' },
      { admin, env: process.env },
      { probePath: PROBE, waitMs: 300 },
    );
    const error: unknown = await store.create('log/1.json', '{}').catch((caught) => caught);
    await store.close();
    return error;
  };

  it.each([
    "Request failed: UNAVAILABLE, RPC 'GET_WELCOME_PACK'",
    'Could not connect to MotherDuck. Please try again later',
    'DEADLINE_EXCEEDED',
  ])('that may pass leaves the outcome unknown: %s', async (text) => {
    expect(await failing(text)).toBeInstanceOf(UnsureError);
  });

  it.each([
    ['the database of the state is missing', "no database/share named 'ops' found"],
    [
      'the database of the state is read-only',
      'Cannot execute statement on database "ops" which is attached in read-only mode!',
    ],
    ['the database of the state is without primary keys', 'PRIMARY KEY constraints are not supported'],
    ['the database of the state is refused', 'Request failed: Your request is not authenticated. (Jwt is expired)'],
    ['the database of the state is without compute', "You've reached the daily compute limit for this plan"],
    ['the database of the state is unknown', 'something unknown'],
  ])('that stays says what to do: %s', async (entry, text) => {
    const error = await failing(text);
    expect(error).toMatchObject({ code: 'STATE_UNREACHABLE' });
    expectGoldenError(entry, error);
  });

  it('about another transaction leaves the outcome unknown, where it cannot be read back', async () => {
    expect(await failing('TransactionContext Error: Conflict on tuple deletion!')).toBeInstanceOf(UnsureError);
  });
});
