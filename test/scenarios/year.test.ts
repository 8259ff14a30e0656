/**
 * A year of nightly applies over the repository's own configuration, in the sandbox with its clock moved: programs that
 * read their store once a day hold a token that connects at every moment, and no token lives longer than its policy says.
 */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Desired, DesiredToken } from '../../src/model/desired.ts';
import { Secret, variableOf } from '../../src/model/secret.ts';
import { isSmokeName } from '../../src/model/tokens.ts';
import type { FileStoreConfig } from '../../src/secrets/kinds/file/check-file.ts';
import { DotenvText } from '../../src/secrets/kinds/file/dotenv-text.ts';
import { openStores } from '../../src/secrets/stores.ts';
import { FaultyWorld } from '../faults/faulty-world.ts';
import { newFolder } from '../files/processes.ts';
import { brief, DAY, HOUR } from '../world.ts';

const CONFIGURATION = join(import.meta.dirname, '../../motherduck.accounts.yaml');
const NIGHTS = 366;
/** A scheduler is minutes late, now more and now less. */
const LATE = [0, 7, 3, 11, 5, 2, 9].map((minutes) => minutes * 60);
/** When programs read their store, in hours after midnight; each of them once a day. The last reads just before an apply. */
const READING = [1, 9, 17, 24];
/** When every program connects, beside right after an apply. */
const CONNECTING = [...READING, 5, 13, 21].sort((a, b) => a - b);

async function load(): Promise<Desired> {
  const file = join(await newFolder(), 'motherduck.accounts.yaml');
  await cp(CONFIGURATION, file);
  const loaded = await loadConfig(file, {});
  return loaded.ok ? loaded.desired : expect.unreachable();
}

interface Plot {
  /** An apply every so many nights. */
  readonly every: number;
  /** Whether the smoke test fails this night. */
  readonly fails?: (night: number) => boolean;
}

interface Life {
  readonly id: string;
  readonly made: number;
  readonly expires: number;
  /** When it was revoked; undefined: never. */
  readonly revoked: number | undefined;
}

class Year {
  readonly world = new FaultyWorld();
  readonly desired: Desired;
  /** By token: programs that were without one, and when. */
  readonly trouble = new Map<string, string[]>();
  readonly start: number;
  readonly #programs: { readonly account: string; readonly token: string; readonly hour: number; secret: Secret }[] =
    [];
  #passed = 0;

  constructor(desired: Desired) {
    this.desired = desired;
    this.world.stores = openStores(desired.stores, {});
    this.start = this.world.organization.now();
    for (const { account, token } of tokensOf(desired)) this.trouble.set(`${account}/${token.key}`, []);
  }

  async live({ every, fails = () => false }: Plot): Promise<void> {
    for (let night = 0; night < NIGHTS; night += 1) {
      await this.waitUntil(night * DAY + (LATE[night % LATE.length] ?? 0));
      if (night % every === 0) await this.apply(fails(night));
      if (night === 0) await this.hire();
      await this.connect();
      for (const hour of CONNECTING) {
        await this.waitUntil(night * DAY + hour * HOUR);
        await this.connect();
        if (!READING.includes(hour)) continue;
        const text = await this.read();
        for (const each of this.#programs) if (each.hour === hour) each.secret = this.secretIn(text, each);
      }
    }
    await this.waitUntil(NIGHTS * DAY);
    await this.apply(false);
  }

  async apply(fails: boolean): Promise<void> {
    const smoke = async ({ username: account }: { username: string }) =>
      ({ account, outcome: 'failed', verified: [], connections: [], warnings: [], ms: 0 }) as const;
    const { applied, thrown } = await this.world.run(this.desired, fails ? { smoke } : {});
    expect(thrown).toBeUndefined();
    const bad = applied?.outcomes.filter(({ result }) => result === 'failed') ?? [];
    expect(bad.map(({ error }) => error?.message)).toEqual([]);
    if (!fails) expect(applied?.smoke.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  }

  async waitUntil(seconds: number): Promise<void> {
    if (seconds <= this.#passed) return;
    await this.world.organization.advance(seconds - this.#passed);
    this.#passed = seconds;
  }

  async hire(): Promise<void> {
    const text = await this.read();
    for (const { account, token } of tokensOf(this.desired)) {
      for (const hour of READING) {
        const program = { account, token: token.key, hour };
        this.#programs.push({ ...program, secret: this.secretIn(text, program) });
      }
    }
  }

  /** Every program connects with what it has. */
  async connect(): Promise<void> {
    for (const { account, token, hour, secret } of this.#programs) {
      const connection = await this.world.organization.connect(secret);
      if (typeof connection !== 'string' && connection.account.username === account) continue;
      const [day, time] = [Math.floor(this.#passed / DAY), Math.floor((this.#passed % DAY) / HOUR)];
      this.trouble.get(`${account}/${token}`)?.push(`day ${day}, ${time}:00: who reads at ${hour}:00 cannot connect`);
    }
  }

  get #store(): FileStoreConfig {
    const [store] = this.desired.stores.values();
    return store?.kind === 'file' ? (store as FileStoreConfig) : expect.unreachable();
  }

  async read(): Promise<string> {
    return readFile(this.#store.path, 'utf8');
  }

  secretIn(text: string, address: { readonly account: string; readonly token: string }): Secret {
    const variable = variableOf(this.#store.variable, address);
    return new Secret(new DotenvText(text).current({ variable })[0] ?? expect.unreachable());
  }

  /** The lives of the tokens that one key had, in seconds since the start; oldest first. */
  lives(account: string, key: string): Life[] {
    const { events } = this.world.organization.inspect();
    const seconds = (at: number) => (at - this.start) / 1000;
    const revoked = new Map(events.flatMap((each) => (each.event === 'token_deleted' ? [[each.id, each.at]] : [])));
    return events.flatMap((each) => {
      if (each.event !== 'token_created' || each.account !== account || each.name.split('.')[0] !== key) return [];
      const gone = revoked.get(each.id);
      const expires = each.expires === undefined ? Number.POSITIVE_INFINITY : seconds(each.expires);
      return [
        { id: each.id, made: seconds(each.at), expires, revoked: gone === undefined ? undefined : seconds(gone) },
      ];
    });
  }
}

function tokensOf(desired: Desired): { account: string; token: DesiredToken }[] {
  return [...desired.accounts.values()].flatMap(({ username, tokens }) =>
    [...tokens.values()].map((token) => ({ account: username, token })),
  );
}

const ALL = tokensOf(await load()).map(({ account, token }) => [`${account}/${token.key}`, account, token] as const);

/** That each token was replaced when it was due, lived no longer than it may, and ended soon after it was replaced. */
function checkLives(
  year: Year,
  account: string,
  { key, ttl, rotateBefore, overlap }: DesiredToken,
  every: number,
): void {
  const lives = year.lives(account, key);
  const [longest, due] = [ttl ?? 0, (ttl ?? 0) - rotateBefore];
  const late = Math.max(...LATE) + 60;
  for (const [index, { made, expires, revoked = Number.POSITIVE_INFINITY }] of lives.entries()) {
    expect(Math.round(expires - made)).toBeLessThanOrEqual(longest);
    const next = lives[index + 1]?.made;
    if (next === undefined) continue;
    expect(next - made).toBeGreaterThan(due - late);
    expect(next - made).toBeLessThan(due + every * DAY + late);
    expect(Math.min(expires, revoked)).toBeGreaterThanOrEqual(Math.min(expires, next + overlap));
    const last = next + overlap + every * DAY + late;
    if (last < NIGHTS * DAY) expect(Math.min(expires, revoked)).toBeLessThan(last);
  }
  const rotations = lives.length - 1;
  expect(rotations).toBeGreaterThanOrEqual(Math.floor((NIGHTS * DAY) / (due + every * DAY)));
  expect(rotations).toBeLessThanOrEqual(Math.ceil((NIGHTS * DAY) / due));
}

async function checkEnd({ world, desired }: Year): Promise<void> {
  const plan = await world.plan(desired);
  expect(brief(plan)).toEqual([]);
  expect([plan.retest, plan.errors, plan.unmanaged]).toEqual([[], [], { accounts: [], tokens: [] }]);
  const listed = world.organization.inspect().accounts.flatMap(({ tokens }) => tokens);
  expect(listed.filter(({ name }) => isSmokeName(name))).toEqual([]);
}

describe('an apply every night', () => {
  let year: Year;
  beforeAll(async () => {
    year = new Year(await load());
    await year.live({ every: 1 });
  });

  it.each(ALL)('never leaves the programs that use %s without a token', (name) => {
    expect(year.trouble.get(name)?.slice(0, 5)).toEqual([]);
  });

  it.each(ALL)('replaces %s when it is due', (_, account, token) => checkLives(year, account, token, 1));

  it('replaces airflow about every 76 days', () => {
    const made = year.lives('etl_prod', 'airflow').map((life) => Math.round(life.made / DAY));
    expect(made).toHaveLength(5);
    for (const [index, day] of made.entries()) expect(Math.abs(day - index * 76.5)).toBeLessThanOrEqual(2);
  });

  it('ends with nothing to do', () => checkEnd(year));
});

describe('an apply every week', () => {
  const EVERY = 7;
  /** A token that is replaced a week late still leaves its programs a day to read the new one. */
  const enough = ALL.filter(([, , { rotateBefore }]) => rotateBefore > (EVERY + 1) * DAY);
  let year: Year;
  beforeAll(async () => {
    year = new Year(await load());
    await year.live({ every: EVERY });
  });

  it('is enough for some', () => expect(enough.map(([name]) => name)).toEqual(['etl_prod/airflow']));

  it.each(enough)('never leaves the programs that use %s without a token', (name) => {
    expect(year.trouble.get(name)).toEqual([]);
  });

  it.each(enough)('replaces %s when it is due', (_, account, token) => checkLives(year, account, token, EVERY));

  it('ends with nothing to do', () => checkEnd(year));
});

describe('a week in which the smoke test fails', () => {
  const [FIRST, LAST] = [70, 77];
  let year: Year;
  beforeAll(async () => {
    year = new Year(await load());
    await year.live({ every: 1, fails: (night) => night >= FIRST && night < LAST });
  });

  it.each(ALL)('spares what was replaced in it: %s', (_, account, { key }) => {
    const lives = year.lives(account, key);
    for (const [index, { expires, revoked }] of lives.entries()) {
      const next = lives[index + 1]?.made ?? 0;
      if (next < FIRST * DAY || next >= LAST * DAY) continue;
      expect(revoked ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(Math.min(expires, LAST * DAY));
    }
  });

  it('replaced something', () => {
    const made = ALL.flatMap(([, account, { key }]) => year.lives(account, key)).map((life) => life.made);
    expect(made.filter((at) => at >= FIRST * DAY && at < LAST * DAY).length).toBeGreaterThan(1);
  });

  it.each(ALL)('lets no token live longer than it may: %s', (_, account, { key, ttl }) => {
    for (const { made, expires } of year.lives(account, key)) {
      expect(Math.round(expires - made)).toBeLessThanOrEqual(ttl ?? 0);
    }
  });

  it('never leaves a program without a token for it', () => {
    expect(ALL.flatMap(([name]) => year.trouble.get(name))).toEqual([]);
  });

  it('ends with nothing to do', () => checkEnd(year));
});
