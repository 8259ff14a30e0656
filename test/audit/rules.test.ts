/** Where one rule ends and another begins: each test is about findings that must not be reported. */

import { describe, expect, it } from 'vitest';
import { updateToken } from '../../src/apply/state-writer.ts';
import { RULES } from '../../src/audit/audit.ts';
import type { Usage } from '../../src/audit/evidence.ts';
import { UserError } from '../../src/model/user-error.ts';
import { hintText } from '../../src/report/hint.ts';
import { expectGolden } from '../golden/golden.ts';
import { type AccountSketch, DAY, desire, HOUR, token, World } from '../world.ts';
import { auditOf, found, passes } from './auditing.ts';
import { CLEAN } from './seeded.ts';

const desired = desire({ etl_prod: CLEAN });
const FAR = 90 * DAY;

async function applied(what = desired): Promise<World> {
  const world = new World();
  await world.apply(what, { verify: passes });
  return world;
}

function messages(result: Awaited<ReturnType<typeof auditOf>>): string[] {
  return result.findings.map(({ message }) => message);
}

it('rules have ids in a row, names that differ, and texts that are sentences', () => {
  expect(RULES.map(({ id }) => id)).toEqual(RULES.map((_, index) => `MDA${String(index + 1).padStart(3, '0')}`));
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  for (const { title, help, name } of RULES) expect(`${title} ${help}`, name).toMatch(/^[A-Z].*\. [A-Z].*[.\])]$/);
});

describe('a token that is gone', () => {
  it('expired, when its time was over by the state: MotherDuck does not list it', async () => {
    const world = await applied();
    await world.organization.advance(91 * DAY);
    expect(await world.api.listTokens('etl_prod')).toEqual([]);
    expect(found(await auditOf(world, desired))).toEqual(['MDA006 etl_prod/load']);
  });

  it('and that the configuration no longer has is no loss', async () => {
    const world = await applied();
    const [listed] = await world.api.listTokens('etl_prod');
    await world.api.deleteToken('etl_prod', listed?.id ?? '');
    expect(found(await auditOf(world, desire({ etl_prod: { ...CLEAN, tokens: [] } })))).toEqual([]);
  });

  it('of an account that left the configuration is one all the same', async () => {
    const world = await applied();
    await world.organization.advance(91 * DAY);
    const result = await auditOf(world, desire({}));
    expect(found(result)).toEqual(['MDA006 etl_prod/load']);
    expect(result.findings[0]?.fix.command).toEqual(['state', 'forget', 'etl_prod/load']);
  });

  it('is no loss when the configuration only gave it another key', async () => {
    const world = await applied();
    const renamed = desire({ etl_prod: { ...CLEAN, tokens: [token('ingest', { name: 'load' })] } });
    expect(found(await auditOf(world, renamed, { secretPath: () => undefined }))).toEqual([]);
    // The secret is to lie elsewhere then, which takes another token.
    expect(found(await auditOf(world, renamed))).toEqual(['MDA028 etl_prod/load']);
  });
});

describe('an unmanaged token', () => {
  it('and that ends soon is found for that alone', async () => {
    const world = await applied();
    await world.api.createToken('etl_prod', { name: 'report', ttl: 30 * DAY });
    expect(found(await auditOf(world, desired))).toEqual(['MDA002 etl_prod/report']);
    await world.organization.advance(24.5 * DAY);
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA005 etl_prod/report']);
    expect(messages(result)[0]).toMatch(/\b5 days, 20\d\d-/);
  });

  it('and was made for an hour is not about to end', async () => {
    const world = await applied();
    await world.api.createToken('etl_prod', { name: 'session', ttl: HOUR });
    expect(found(await auditOf(world, desired))).toEqual(['MDA002 etl_prod/session']);
  });

  it('has a name that no shell obeys in the command that adopts it', async () => {
    const world = await applied();
    await world.api.createToken('etl_prod', { name: "$(id) it's", ttl: FAR });
    const [finding] = (await auditOf(world, desired)).findings;
    expect(finding?.fix.command).toEqual(['import', "etl_prod/$(id) it's"]);
    expect(hintText(finding?.fix ?? { text: '' })).toMatch(/: mdacc import 'etl_prod\/\$\(id\) it'\\''s'$/);
  });

  it('and has no name is shown by its id', async () => {
    const world = await applied();
    const { record } = await world.api.createToken('etl_prod', { name: 'x', ttl: FAR });
    world.interfere = async (request) => {
      if (!new URL(request.url).pathname.endsWith('/etl_prod/tokens')) return undefined;
      const { tokens } = (await (await world.organization.handle(request)).json()) as { tokens: { name?: string }[] };
      return Response.json({ tokens: tokens.map(({ name, ...rest }) => (name === 'x' ? rest : { name, ...rest })) });
    };
    expect(found(await auditOf(world, desired))).toEqual([`MDA002 etl_prod/${record.id}`]);
  });
});

describe('names', () => {
  it('that two adoptable tokens share are one finding, and the configured token is not missing too', async () => {
    const world = new World();
    await world.apply(desire({ etl_prod: { ...CLEAN, tokens: [] } }), { verify: passes });
    for (const _ of [1, 2]) await world.api.createToken('etl_prod', { name: 'load', ttl: FAR });
    expect(found(await auditOf(world, desired))).toEqual(['MDA009 etl_prod/load']);
  });

  it('of a managed token and one by hand are told apart by their ids', async () => {
    const world = await applied();
    await world.api.createToken('etl_prod', { name: 'load', ttl: FAR });
    const id = world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('load')?.current?.id;
    expect(messages(await auditOf(world, desired))[0]).toContain(`${id} (managed)`);
  });
});

describe('what a run left', () => {
  it('an orphan of a lost answer is found as that; its token is not missing, nor unmanaged', async () => {
    const world = new World();
    await world.apply(desire({ etl_prod: { ...CLEAN, tokens: [] } }), { verify: passes });
    let isLost = false;
    world.interfere = async (request) => {
      if (isLost) return new Response('<html>', { status: 503 });
      if (request.method !== 'POST') return undefined;
      isLost = true;
      await world.organization.handle(request);
      return Response.error();
    };
    await world.apply(desired);
    world.interfere = undefined;
    expect(found(await auditOf(world, desired))).toEqual(['MDA008 etl_prod/load']);
    const left = await auditOf(world, desire({}));
    expect(found(left)).toEqual(['MDA008 etl_prod/load']);
    expect(left.findings[0]?.fix).toEqual({ text: 'Revoke it at MotherDuck if nothing uses it.' });
  });

  it.each([
    [true, new Set<string>(), 'to replace, and to revoke after the overlap'],
    // The state alone proves nothing where the store was looked into.
    [false, new Set<string>(), 'to replace, and to revoke after the overlap'],
    [false, new Set(['etl_prod/load']), 'to revoke'],
  ])('an orphan goes as an apply takes it (stored: %s, %s)', async (storing, unstored, how) => {
    const world = await applied();
    const { record } = await world.api.createToken('etl_prod', { name: 'load.2', ttl: FAR });
    await updateToken(world.stateWriter, 'etl_prod', 'load', (entry) => ({
      ...entry,
      generation: 2,
      intents: [{ name: 'load.2', generation: 2, at: record.created_ts, storing }],
    }));
    const { findings } = await auditOf(world, desired, { inStores: { unstored } });
    const orphan = findings.find(({ rule }) => rule === 'MDA008');
    expect(orphan?.fix).toEqual({
      text: `Apply the configuration ${how}.`,
      command: ['apply', '--only', 'etl_prod'],
    });
  });

  it('a token of a smoke test, which may run elsewhere, changes no finding and is in the inventory', async () => {
    const world = await applied();
    await world.api.createUser('stray');
    const before = await auditOf(world, desired);
    expect(found(before)).toEqual(['MDA001 stray']);
    const read_scaling = { name: 'mdacc smoke', ttl: 300, token_type: 'read_scaling' } as const;
    for (const username of ['etl_prod', 'stray']) await world.api.createToken(username, read_scaling);
    const during = await auditOf(world, desired);
    expect(during.findings).toEqual(before.findings);
    const listed = during.inventory.accounts.flatMap(({ account, tokens }) =>
      tokens.map(({ name, role, next }) => [account, name, role, next?.change]),
    );
    expect(listed).toContainEqual(['etl_prod', 'mdacc smoke', 'smoke_test', 'expires']);
    expect(listed).toContainEqual(['stray', 'mdacc smoke', 'smoke_test', 'expires']);
  });

  it('a token that has the name of a smoke test, and is older than one takes, is unmanaged', async () => {
    const world = await applied();
    await world.api.createToken('etl_prod', { name: 'mdacc smoke 1', ttl: DAY, token_type: 'read_write' });
    expect(found(await auditOf(world, desired))).toEqual([]);
    const named = (options?: Parameters<World['plan']>[1]) =>
      world.plan(desired, options).then(({ unmanaged }) => unmanaged.tokens.map(({ name }) => name));
    expect(await named()).toEqual([]);
    expect(await named({ rotate: () => true, revokeOld: 'verified' })).toEqual(['mdacc smoke 1']);
    await world.organization.advance(2 * HOUR);
    expect(found(await auditOf(world, desired))).toEqual(['MDA002 etl_prod/mdacc smoke 1']);
    expect(await named()).toEqual(['mdacc smoke 1']);
  });

  it('a pool without a token is found while a smoke test connects to it', async () => {
    const pool = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 2 } } as const;
    const unused = desire({ etl_prod: { ...CLEAN, ducklings: pool } });
    const world = await applied(unused);
    await world.api.createToken('etl_prod', { name: 'mdacc smoke', ttl: 300, token_type: 'read_scaling' });
    expect(found(await auditOf(world, unused))).toEqual(['MDA014 etl_prod']);
  });

  it("is not told by the name alone: a token of the smoke test that does not end is somebody else's", async () => {
    const world = await applied();
    await world.api.createUser('stray');
    for (const username of ['etl_prod', 'stray']) await world.api.createToken(username, { name: 'mdacc smoke' });
    const only = (username: string) => username === 'stray';
    expect(found(await auditOf(world, desired, { only }))).toEqual(['MDA001 stray', 'MDA003 stray/mdacc smoke']);
    const left = await auditOf(world, desire({}), { only: (username) => username === 'etl_prod' });
    expect(found(left)).toEqual(['MDA032 etl_prod', 'MDA002 etl_prod/mdacc smoke', 'MDA003 etl_prod/mdacc smoke']);
  });
});

/** An account with a token that somebody made by hand, and that the configuration names. */
async function withTokenOf(ttl: number | undefined): Promise<World> {
  const world = await applied(desire({ etl_prod: { ...CLEAN, tokens: [] } }));
  await world.api.createToken('etl_prod', { name: 'load', ...(ttl === undefined ? {} : { ttl }) });
  return world;
}

describe('the life of tokens', () => {
  it('may have no end where the configuration says so, and only there', async () => {
    const never = [token('load', { ttl: null })];
    const meant = desire({ etl_prod: { ...CLEAN, tokens: never } }, { guardrails: { allowNeverExpiring: true } });
    expect(found(await auditOf(await applied(meant), meant))).toEqual([]);
    const adopted = await auditOf(await withTokenOf(undefined), desired);
    expect(found(adopted)).toEqual(['MDA003 etl_prod/load']);
    expect(adopted.findings[0]).toMatchObject({
      message: expect.stringMatching(/\bnever\b.*\bpipeline\b.*\b90d/),
      fix: { command: ['rotate', 'etl_prod/load'] },
      location: { line: 7 },
    });
  });

  it('is too long or too old, not both', async () => {
    const world = await withTokenOf(200 * DAY);
    await world.organization.advance(100 * DAY);
    const limited = desire({ etl_prod: CLEAN }, { guardrails: { maxTokenTtl: 180 * DAY } });
    expect(found(await auditOf(world, limited))).toEqual(['MDA004 etl_prod/load']);
    expect(found(await auditOf(world, desired))).toEqual(['MDA022 etl_prod/load']);
    await world.organization.advance(90 * DAY);
    expect(found(await auditOf(world, desired))).toEqual(['MDA025 etl_prod/load']);
  });

  it('as long as the limit is not too long', async () => {
    const limited = desire({ etl_prod: CLEAN }, { guardrails: { maxTokenTtl: 90 * DAY } });
    expect(found(await auditOf(await applied(limited), limited))).toEqual([]);
  });

  it('that a rotation is due is nothing before two nights are over', async () => {
    const world = await applied();
    await world.organization.advance(77 * DAY);
    expect(found(await auditOf(world, desired))).toEqual([]);
    await world.organization.advance(1.5 * DAY);
    expect(found(await auditOf(world, desired))).toEqual(['MDA025 etl_prod/load']);
  });

  it('that a rotation is due for long is found before the token ends, however short the time for it', async () => {
    const short = desire({ etl_prod: { ...CLEAN, tokens: [token('load', { ttl: 7 * DAY, rotateBefore: DAY })] } });
    const world = await applied(short);
    await world.organization.advance(6.4 * DAY);
    expect(found(await auditOf(world, short))).toEqual([]);
    await world.organization.advance(0.4 * DAY);
    const result = await auditOf(world, short);
    expect(found(result)).toEqual(['MDA025 etl_prod/load']);
    expect(messages(result)[0]).toContain('4 hours');
  });

  it('that a rotation is due knows the share of a jitter', async () => {
    const earlier = desire({ etl_prod: { ...CLEAN, tokens: [token('load', { earlier: 10 * DAY })] } });
    const world = await applied(earlier);
    await world.organization.advance(67 * DAY);
    expect(found(await auditOf(world, earlier))).toEqual([]);
    await world.organization.advance(2 * DAY);
    expect(found(await auditOf(world, earlier))).toEqual(['MDA025 etl_prod/load']);
  });

  it('of a replaced token is not judged while its overlap lasts', async () => {
    const world = new World();
    const user = desire({ etl_prod: { ...CLEAN, smoke: false } });
    await world.api.createUser('etl_prod');
    await world.api.createToken('etl_prod', { name: 'load' });
    await world.apply(user);
    await world.apply(user, { rotate: () => true });
    expect(world.tokenNames('etl_prod')).toEqual(['load', 'load.2']);
    expect(found(await auditOf(world, user))).toEqual([]);
  });
});

describe('Ducklings', () => {
  const SMALL = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 0 } } as const;
  const giga = {
    read_write: { instance_size: 'giga' },
    read_scaling: { instance_size: 'pulse', flock_size: 0 },
  } as const;

  it('of a size that is not allowed differ, where the configuration has another size', async () => {
    const limits = { guardrails: { allowedSizes: ['pulse'] } } as const;
    const managed = desire({ etl_prod: CLEAN }, limits);
    const world = await applied(managed);
    await world.api.setDucklings('etl_prod', giga);
    const result = await auditOf(world, managed);
    expect(found(result)).toEqual(['MDA010 etl_prod']);
    expect(messages(result)).toEqual([expect.stringMatching(/^read\/write size .*\bgiga\b.*\bpulse$/)]);
    const unmanaged = desire({ etl_prod: { tokens: [token('load')] } }, limits);
    expect(found(await auditOf(world, unmanaged))).toEqual(['MDA011 etl_prod']);
  });

  it('all differences are said, and what the configuration leaves out is none', async () => {
    const world = await applied();
    await world.api.setDucklings('etl_prod', {
      read_write: { instance_size: 'standard', cooldown_seconds: 300 },
      read_scaling: { instance_size: 'standard', flock_size: 3 },
    });
    const part = desire({ etl_prod: { ...CLEAN, ducklings: { read_write: { cooldown: 600 }, read_scaling: {} } } });
    expect(messages(await auditOf(world, part))[0]).toMatch(/^read\/write cooldown .*\b5m\b[^;]*\b10m$/);
    expect(messages(await auditOf(world, desired))[0]).toMatch(
      /^read\/write size .*\bstandard\b.*\bpulse; read scaling pool .*\bstandard x3\b.*\bpulse x0$/,
    );
  });

  it('a pool that an apply is about to give or take away differs, and is nothing else', async () => {
    const reader = [token('app', { type: 'read_scaling' })];
    const without = desire({ etl_prod: { ducklings: SMALL, tokens: reader } });
    const pool = { ...SMALL, read_scaling: { size: 'pulse', pool_size: 2 } } as const;
    const world = await applied(without);
    expect(found(await auditOf(world, without))).toEqual(['MDA013 etl_prod']);
    expect(found(await auditOf(world, desire({ etl_prod: { ducklings: pool, tokens: reader } })))).toEqual([
      'MDA010 etl_prod',
    ]);
    const loads = await applied(desire({ etl_prod: { ...CLEAN, ducklings: pool } }));
    expect(found(await auditOf(loads, desired))).toEqual(['MDA010 etl_prod']);
  });

  it('pools of a part of the accounts are not added up', async () => {
    const limited = desire(
      { etl_prod: { tokens: [token('app', { type: 'read_scaling' })] } },
      {
        guardrails: { maxPoolSizeTotal: 3 },
      },
    );
    const world = await applied(limited);
    expect(messages(await auditOf(world, limited))).toEqual([
      expect.stringMatching(/\b1 managed account\b.*\b4\b.*\bguardrails\.max_pool_size_total\b.*\b3; .*: etl_prod 4$/),
    ]);
    expect(found(await auditOf(world, limited, { only: () => true }))).toEqual([]);
  });
});

describe('an account', () => {
  it('that was never made is missing once, without its tokens', async () => {
    const result = await auditOf(new World(), desired);
    expect(found(result)).toEqual(['MDA026 etl_prod']);
  });

  it('of a name that an apply would refuse is to be renamed, and not to be applied', async () => {
    const { findings } = await auditOf(new World(), desire({ a1: CLEAN }));
    expect(findings).toMatchObject([{ rule: 'MDA026', fix: { text: expect.stringContaining('3 to 255 characters') } }]);
    expect(findings[0]?.fix.command).toBeUndefined();
  });

  it('whose name a person has is missing, and the person is left alone', async () => {
    const world = new World();
    await world.organization.addHuman('etl_prod');
    await world.organization.mint({ username: 'etl_prod', name: 'forever' });
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA026 etl_prod']);
    expect(messages(result)[0]).toMatch(/\bperson\b/);
  });

  it('that left the configuration and is gone is as it should be', async () => {
    const world = await applied();
    await world.api.deleteUser('etl_prod');
    expect(found(await auditOf(world, desire({})))).toEqual([]);
  });

  it('that left, and whose name another account has by now, is an unmanaged one', async () => {
    const world = await applied();
    await world.apply(desire({ etl_prod: { ...CLEAN, protected: false } }), { verify: passes });
    await world.api.deleteUser('etl_prod');
    await world.api.createUser('etl_prod');
    expect(found(await auditOf(world, desire({})))).toEqual(['MDA001 etl_prod']);
  });

  it('with `smoke: false` need not be tested', async () => {
    const untested = desire({ etl_prod: { ...CLEAN, smoke: false } });
    const world = new World();
    await world.apply(untested);
    expect(found(await auditOf(world, untested))).toEqual([]);
    expect(found(await auditOf(world, desired))).toEqual(['MDA017 etl_prod']);
  });

  it('that is not matched is not looked at', async () => {
    const world = await applied();
    await world.api.createUser('stray');
    const only = (username: string) => username === 'etl_prod';
    expect(await auditOf(world, desired, { only })).toMatchObject({ findings: [], checked: { accounts: 1 } });
  });
});

describe('what cannot be read', () => {
  const why = new UserError('API_FAILED', 'GET /v1/active_accounts failed', 'Try again.');

  it('the list of users', async () => {
    const world = new World({ users_list: 'forbidden' });
    await world.apply(desired, { verify: passes });
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA024']);
    expect(messages(result)[0]).toContain('member_management.view_all_members');
  });

  it('a list of users that MotherDuck counts otherwise', async () => {
    const world = await applied();
    world.interfere = async (request) => {
      if (!request.url.includes('/v1/users?')) return undefined;
      const page = (await (await world.organization.handle(request)).json()) as object;
      return Response.json({ ...page, total_count: 9 });
    };
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA024']);
    expectGolden('warnings', 'a list of users that MotherDuck counts otherwise', messages(result).join('\n'));
  });

  it('one account, of whom nothing else is said', async () => {
    const world = await applied();
    await world.api.createUser('stray');
    world.interfere = ({ url }) =>
      /users\/(etl|stray)/.test(url) ? new Response('<html>', { status: 502 }) : undefined;
    expect(found(await auditOf(world, desired))).toEqual(['MDA024 etl_prod', 'MDA024 stray']);
  });

  it('which Ducklings run, and who ran a query', async () => {
    const world = await applied();
    const usage: Usage = { idleSeconds: 30 * DAY, reading: { ok: false, why } };
    const result = await auditOf(world, desired, { active: { ok: false, why }, usage });
    expect(found(result)).toEqual(['MDA024', 'MDA024']);
    expect(result.findings.map(({ fix }) => fix)).toEqual([{ text: 'Try again.' }, { text: 'Try again.' }]);
  });
});

describe('an account without queries', () => {
  function usage(world: World, daysAgo?: number): Usage {
    const last = world.organization.now() - (daysAgo ?? 0) * DAY * 1000;
    return {
      idleSeconds: 30 * DAY,
      reading: { ok: true, lastQueryAt: new Map(daysAgo === undefined ? [] : [['etl_prod', last]]) },
    };
  }

  it('is idle once it is old enough', async () => {
    const world = await applied();
    expect(found(await auditOf(world, desired, { usage: usage(world) }))).toEqual([]);
    await world.organization.advance(31 * DAY);
    const result = await auditOf(world, desired, { usage: usage(world) });
    expect(found(result)).toEqual(['MDA023 etl_prod']);
    expect(messages(result)[0]).toMatch(/\b20\d\d-.*; --idle .*\b30d$/);
  });

  it('by the oldest of its tokens too', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    await world.api.createToken('etl_prod', { name: 'load', ttl: FAR });
    await world.organization.advance(31 * DAY);
    await world.apply(desire({ etl_prod: { ...CLEAN, smoke: false } }));
    const result = await auditOf(world, desire({ etl_prod: { ...CLEAN, smoke: false } }), { usage: usage(world) });
    expect(found(result)).toEqual(['MDA023 etl_prod', 'MDA021 etl_prod/load']);
  });

  it('for long is idle, and for a day is not', async () => {
    const world = await applied();
    await world.organization.advance(70 * DAY);
    expect(found(await auditOf(world, desired, { usage: usage(world, 29) }))).toEqual([]);
    const result = await auditOf(world, desired, { usage: usage(world, 30.5) });
    expect(messages(result)[0]).toMatch(/\b20\S+, 30 days ago; --idle .*\b30d$/);
  });
});

describe('a size that never ran', () => {
  const large: AccountSketch = {
    ...CLEAN,
    ducklings: { read_write: { size: 'jumbo' }, read_scaling: { size: 'pulse', pool_size: 0 } },
  };
  const sized = desire({ etl_prod: large });
  function usage(world: World, sizes: Readonly<Record<string, number>>, days = 60): Usage {
    const now = world.organization.now();
    return {
      idleSeconds: 90 * DAY,
      reading: { ok: true, lastQueryAt: new Map([['etl_prod', now]]) },
      compute: {
        ok: true,
        value: { since: now - days * DAY * 1000, hours: new Map([['etl_prod', new Map(Object.entries(sizes))]]) },
      },
      storage: { ok: false, why: 'refused' },
    };
  }

  it('is found where the account and the record are old enough, and shown beside the ceiling', async () => {
    const world = new World();
    await world.apply(sized, { verify: passes });
    expect(found(await auditOf(world, sized, { usage: usage(world, {}) }))).toEqual([]);
    await world.organization.advance(31 * DAY);
    expect(found(await auditOf(world, sized, { usage: usage(world, {}, 29) }))).toEqual([]);
    expect(found(await auditOf(world, sized, { usage: usage(world, { jumbo: 1 }) }))).toEqual([]);
    const result = await auditOf(world, sized, { usage: usage(world, { pulse: 5 }) });
    expect(found(result)).toEqual(['MDA041 etl_prod']);
    expect(messages(result)[0]).toMatch(/jumbo/);
    expect(result.usage).toEqual({
      days: 30,
      storage_unknown: 'refused',
      accounts: [
        {
          account: 'etl_prod',
          compute: [
            { size: 'pulse', hours: 5, ceiling: 0 },
            { size: 'jumbo', hours: 0, ceiling: 720 },
          ],
          databases: null,
          bytes: null,
        },
      ],
    });
  });

  it('is not looked for without the record', async () => {
    const world = new World();
    await world.apply(sized, { verify: passes });
    await world.organization.advance(31 * DAY);
    const unread = { ...usage(world, {}), compute: { ok: false as const, why: 'refused' } };
    expect(found(await auditOf(world, sized, { usage: unread }))).toEqual([]);
  });
});

it.each([
  [13, ['MDA048']],
  [15, []],
])('an admin token that expires in %i days', async (days, expected) => {
  const world = await applied();
  const adminToken = { source: 'MOTHERDUCK_ADMIN_TOKEN', expiresAt: world.organization.now() + days * DAY * 1000 };
  expect(found(await auditOf(world, desired, { adminToken }))).toEqual(expected);
});

it('what the command of a store said in several lines is said on one', async () => {
  const world = await applied();
  const location = { file: 'a.yaml', line: 3, column: 1 };
  const vault = { kind: 'exec' as const, name: 'vault', command: ['vault'], folder: '/', timeout: 1, location };
  const stores = new Map([['vault', vault]]);
  const why = new UserError('STORE_UNUSABLE', 'its check failed. It said:\n  sealed\n  since noon', 'Unseal it.');
  const result = await auditOf(world, { ...desired, stores }, { unusableStores: new Map([['vault', why]]) });
  expect(result.findings).toMatchObject([
    { rule: 'MDA019', message: 'its check failed. It said: sealed since noon', location },
  ]);
});

it('a token of less life than asked is overdue when a plan says so, and not sooner', async () => {
  const world = new World();
  world.interfere = async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
    const body = { ...((await request.clone().json()) as object), ttl: 7 * DAY };
    return world.organization.handle(new Request(request, { body: JSON.stringify(body) }));
  };
  await world.apply(desired, { verify: passes });
  world.interfere = undefined;
  await world.organization.advance(3 * DAY);
  const plan = await world.plan(desired);
  expect(plan.actions).toEqual([]);
  expect(found(await auditOf(world, desired))).not.toContain('MDA025 etl_prod/load');
  const [rotation] = plan.next.filter(({ change }) => change === 'rotates');
  await world.organization.advance(Math.ceil((Date.parse(rotation?.at ?? '') - Date.parse(plan.at)) / 1000));
  expect(await world.plan(desired)).toMatchObject({ actions: [{ action: 'rotate_token' }] });
  await world.organization.advance(1.75 * DAY + 60);
  const late = await auditOf(world, desired);
  expect(found(late)).toContain('MDA025 etl_prod/load');
  expect(messages(late).join()).toContain(`since ${rotation?.at.slice(0, 10)}`);
});
