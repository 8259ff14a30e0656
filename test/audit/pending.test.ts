/** What a plan would change is found by an audit, once, when an apply should have done it. */
import { describe, expect, it } from 'vitest';
import type { Desired, DesiredToken } from '../../src/model/desired.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type AccountSketch, DAY, desire, token, World } from '../world.ts';
import { auditOf, found, passes } from './auditing.ts';
import { CLEAN } from './seeded.ts';

const desired = etl(CLEAN);

function etl(sketch: AccountSketch): Desired {
  return desire({ etl_prod: sketch }, { guardrails: { allowNeverExpiring: true } });
}

function withToken(differs: Partial<DesiredToken>): Desired {
  return etl({ ...CLEAN, tokens: [token('load', differs)] });
}

async function applied(what = desired): Promise<World> {
  const world = new World();
  await world.apply(what, { verify: passes });
  return world;
}

async function rotated(): Promise<World> {
  const world = await applied();
  await world.apply(desired, { verify: passes, rotate: () => true });
  return world;
}

describe('a token that differs from the configuration', () => {
  it.each<[string, Partial<DesiredToken>, string]>([
    ['the name', { name: 'ingest' }, 'name "load" -> "ingest"'],
    ['a shorter life', { ttl: 30 * DAY, rotateBefore: DAY }, 'ttl 90d -> 30d'],
    ['no end', { ttl: null }, 'ttl 90d -> never, so it does not expire any more'],
    ['the store', { stores: ['vault'] }, 'secret store memory -> vault'],
  ])('by %s is found for that alone', async (_what, differs, change) => {
    const result = await auditOf(await applied(), withToken(differs));
    expect(result.findings).toEqual([
      {
        rule: 'MDA028',
        severity: 'error',
        account: 'etl_prod',
        token: 'load',
        message: expect.stringMatching(new RegExp(`: ${change}$`)),
        fix: { text: expect.any(String), command: ['apply', '--only', 'etl_prod'] },
        location: { file: 'motherduck.accounts.yaml', line: 7, column: 3 },
      },
    ]);
  });

  it('by its type is found', async () => {
    expect(found(await auditOf(await applied(), withToken({ type: 'read_scaling' })))).toContain(
      'MDA028 etl_prod/load',
    );
  });

  it('by an end where there was none is not found as without an end, too', async () => {
    const result = await auditOf(await applied(withToken({ ttl: null })), desired);
    expect(result.findings).toMatchObject([{ rule: 'MDA028', message: expect.stringMatching(/: ttl never -> 90d$/) }]);
  });

  it('by its secret path is found, where secret paths are known', async () => {
    const world = await applied();
    const secretPath = () => 'elsewhere#LOAD';
    const [finding, ...others] = (await auditOf(world, desired, { secretPath })).findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'MDA028',
      message: expect.stringMatching(/memory#etl_prod\/load -> elsewhere#LOAD$/),
    });
  });

  it('and should have been rotated long ago is found for that', async () => {
    const world = await applied();
    await world.organization.advance(80 * DAY);
    expect(found(await auditOf(world, withToken({ ttl: 60 * DAY })))).toEqual(['MDA025 etl_prod/load']);
  });
});

describe('a replaced token', () => {
  it('is found two days after its overlap has ended, with the date', async () => {
    const world = await rotated();
    await world.organization.advance(2.9 * DAY);
    expect(found(await auditOf(world, desired))).toEqual([]);
    await world.organization.advance(0.2 * DAY);
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA030 etl_prod/load']);
    const ended = world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('load')?.retiring[0]?.retire_at ?? '?';
    expect(result.findings[0]?.message).toContain(`its overlap ended ${ended.slice(0, 10)}`);
  });

  it('is found in an account that left, beside that', async () => {
    const world = await rotated();
    await world.organization.advance(4 * DAY);
    expect(found(await auditOf(world, desire({})))).toEqual(['MDA030 etl_prod/load', 'MDA032 etl_prod']);
  });

  it('is nothing any more once it has expired', async () => {
    const world = await rotated();
    await world.organization.advance(91 * DAY);
    expect(found(await auditOf(world, desired))).toEqual(['MDA006 etl_prod/load.2']);
  });
});

describe('what left the configuration', () => {
  it('a token is one finding, with the one that it replaced', async () => {
    const without = etl({ ...CLEAN, tokens: [] });
    const result = await auditOf(await rotated(), without);
    expect(result.findings).toMatchObject([
      {
        rule: 'MDA031',
        token: 'load.2',
        message: expect.stringMatching(/^"load" .*"load"$/),
        fix: { command: ['apply', '--only', 'etl_prod'] },
      },
    ]);
  });

  it('an account is found with its live tokens, and as one without when an apply has forgotten them', async () => {
    const world = await applied();
    expect((await auditOf(world, desire({}))).findings).toMatchObject([
      { rule: 'MDA032', message: expect.stringMatching(/\b1 token\b/) },
    ]);
    const empty = etl({ ...CLEAN, tokens: [] });
    await world.apply(empty, { verify: passes });
    expect(found(await auditOf(world, desire({})))).toEqual(['MDA045 etl_prod']);
  });

  it('an account with a Duckling that runs is found for that alone', async () => {
    const world = await applied();
    const { secret, record } = await world.api.createToken('etl_prod', { name: 'by hand' });
    await world.organization.connect(secret);
    await world.api.deleteToken('etl_prod', record.id);
    expect(found(await auditOf(world, desire({})))).toEqual(['MDA020 etl_prod']);
  });
});

it('deletion protection that the state remembers otherwise is found, either way', async () => {
  const open = etl({ ...CLEAN, protected: false });
  const removed = await auditOf(await applied(), open);
  expect(removed.findings).toMatchObject([
    {
      rule: 'MDA029',
      message: expect.stringMatching(/^deletion_protection .*\btrue\b.*\bstate\b.*\bfalse$/),
      fix: { command: ['apply', '--only', 'etl_prod'] },
      location: { line: 7 },
    },
  ]);
  expect(found(await auditOf(await applied(open), desired))).toEqual(['MDA029 etl_prod']);
});

describe('what a stopped run left in doubt', () => {
  it('is found, where it left no token', async () => {
    const world = await applied();
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    await world.apply(desired, { rotate: () => true });
    const result = await auditOf(world, desired);
    expect(found(result)).toEqual(['MDA033 etl_prod/load']);
    expect(result.findings[0]?.message).toContain('"load.2"');
  });

  it('is a missing token, when what it left has expired', async () => {
    const world = await applied(etl({ ...CLEAN, tokens: [] }));
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    world.interfere = ({ method }) => (method === 'DELETE' ? new Response('<html>', { status: 503 }) : undefined);
    await world.apply(desired);
    expect(found(await auditOf(world, desired))).toEqual(['MDA008 etl_prod/load']);
    await world.organization.advance(91 * DAY);
    expect(found(await auditOf(world, desired))).toEqual(['MDA027 etl_prod/load']);
  });
});
