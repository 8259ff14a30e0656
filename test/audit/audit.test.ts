import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/audit/audit.ts';
import type { Audit } from '../../src/model/audit.ts';
import type { State } from '../../src/model/state.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { hintText } from '../../src/report/hint.ts';
import { DAY, desire, token, World } from '../world.ts';
import { auditOf, evidenceOf, found, liveOf, passes } from './auditing.ts';
import { CLEAN, seeded } from './seeded.ts';

const NO_STATE: State = {
  organization: 'acme',
  sandbox: true,
  lineage: 'l',
  serial: 0,
  runs: [],
  accounts: new Map(),
};

/** Without the time of the audit, and those that are about as late: what is due is due now. */
function timeless(audit: Audit): string {
  const isNow = (value: unknown) =>
    typeof value === 'string' && Math.abs(Date.parse(value) - Date.parse(audit.at)) < 10_000;
  return JSON.stringify(audit, (_key, value: unknown) => (isNow(value) ? 'NOW' : value));
}

describe('an organization with one instance of every rule', () => {
  it('reports each exactly once, most severe first', async () => {
    const { world, desired, readings } = await seeded();
    const result = await auditOf(world, desired, readings);
    expect(found(result)).toEqual([
      'MDA012',
      'MDA019',
      'MDA028 changed/load',
      'MDA047 crooked',
      'MDA026 deleted',
      'MDA006 expired/load',
      'MDA018 failing',
      'MDA015 former',
      'MDA005 leaver/load',
      'MDA030 lingering/load',
      'MDA042 locked/load',
      'MDA027 newcomer/load',
      'MDA025 overdue/load',
      'MDA010 resized',
      'MDA007 revoked/load',
      'MDA024 sealed',
      'MDA011 stray',
      'MDA004 stray/a year',
      'MDA035 untested/load',
      'MDA036',
      'MDA039',
      'MDA048',
      'MDA016 admin_bot',
      'MDA022 aged/app',
      'MDA046 curtailed/load',
      'MDA032 dropped',
      'MDA040 flying/load',
      'MDA008 half_done/load.2',
      'MDA033 half_stored/load',
      'MDA023 idle',
      'MDA002 laptop/annas laptop',
      'MDA020 leaver',
      'MDA043 outdated/load.2',
      'MDA013 poolless',
      'MDA001 stray',
      'MDA003 stray/forever',
      'MDA031 trimmed/report',
      'MDA009 twins/report',
      'MDA029 unprotected',
      'MDA044 unprotected',
      'MDA037',
      'MDA021 adopted/app',
      'MDA034 browsed',
      'MDA038 flying/MotherDuck Flights',
      'MDA045 kept',
      'MDA041 leaver',
      'MDA014 tokenless',
      'MDA017 untested',
    ]);
    expect(result.findings.map(({ rule }) => rule).sort()).toEqual(RULES.map(({ id }) => id));
    for (const { message, fix } of result.findings)
      expect(`${message}${hintText(fix)}`).not.toMatch(/\n|undefined|NaN|Invalid/);
  });

  it('shows the same again', async () => {
    const { world, desired, readings } = await seeded();
    const first = await auditOf(world, desired, readings);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(timeless(await auditOf(world, desired, readings))).toBe(timeless(first));
  });

  it('is not changed, and neither is the state', async () => {
    const { world, desired, readings } = await seeded();
    const { events } = world.organization.inspect();
    const [count, state] = [events.length, world.stateWriter.state];
    await auditOf(world, desired, readings);
    expect(world.organization.inspect().events).toHaveLength(count);
    expect(world.stateWriter.state).toBe(state);
  });

  it('has as unmanaged what a plan has as unmanaged, and what nobody looks after any more', async () => {
    const { world, desired } = await seeded();
    const { accounts, ignored } = await evidenceOf(world, desired);
    const { unmanaged } = makePlan(desired, await liveOf(world, desired), world.stateWriter.state);
    expect(accounts.filter(({ standing }) => standing === 'unmanaged').map(({ username }) => username)).toEqual(
      unmanaged.accounts,
    );
    const ids = accounts
      .filter(({ standing }) => standing === 'configured')
      .flatMap(({ tokens }) =>
        tokens.filter(({ role }) => role === 'unmanaged' || role === 'reserved').map(({ live }) => live.id),
      );
    expect(ids).toHaveLength(5);
    expect(ids.sort()).toEqual(unmanaged.tokens.map(({ id }) => id).sort());
    expect(ignored).toEqual(['legacy_1']);
  });

  it('without a state shows what can be seen without one', async () => {
    const { world, desired, readings } = await seeded();
    const all = found(await auditOf(world, desired, readings));
    const seen = found(await auditOf(world, desired, { ...readings, state: NO_STATE }));
    const lost = ['MDA006', 'MDA007', 'MDA008', 'MDA017', 'MDA018', 'MDA020', 'MDA021'];
    const pending = [
      'MDA028',
      'MDA029',
      'MDA030',
      'MDA031',
      'MDA032',
      'MDA033',
      'MDA043',
      'MDA045',
      'MDA046',
      'MDA047',
    ];
    expect(
      all
        .filter((each) => !seen.includes(each))
        .map((each) => each.slice(0, 6))
        .sort(),
    ).toEqual([...lost, ...pending]);
    // What only a state could tell apart: never made from lost, replaced from made by hand, left from never managed.
    expect(seen.filter((each) => !all.includes(each))).toEqual([
      'MDA027 expired/load',
      'MDA027 revoked/load',
      'MDA044 crooked',
      'MDA001 dropped',
      'MDA002 failing/load',
      'MDA002 half_done/load',
      'MDA001 kept',
      'MDA001 leaver',
      'MDA002 lingering/load',
      'MDA002 outdated/load',
      'MDA002 trimmed/report',
    ]);
  });
});

describe('a clean organization', () => {
  const desired = desire(
    {
      etl_prod: CLEAN,
      tenant_acme: {
        ducklings: { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 2 } },
        tokens: [token('app', { type: 'read_scaling', ttl: 30 * DAY, rotateBefore: 7 * DAY })],
      },
    },
    { guardrails: { maxTokenTtl: 90 * DAY, allowedSizes: ['pulse'], maxPoolSizeTotal: 2 } },
  );

  async function applied(): Promise<World> {
    const world = new World();
    await world.organization.addHuman('anna', { roles: ['admin'] });
    await world.organization.mint({ username: 'anna', name: 'forever' });
    await world.api.createUser('long_gone');
    await world.organization.deprovision('long_gone');
    await world.apply(desired, { verify: passes });
    return world;
  }

  it('shows nothing, no note either, on the first day and in the middle of a rotation', async () => {
    const world = await applied();
    const first = await auditOf(world, desired);
    expect(first).toMatchObject({ findings: [], ignored: [], checked: { accounts: 2, tokens: 2 } });
    await world.organization.advance(24 * DAY);
    await world.apply(desired, { verify: passes });
    expect(world.tokenNames('tenant_acme')).toEqual(['app', 'app.2']);
    expect(await auditOf(world, desired)).toMatchObject({ findings: [], checked: { accounts: 2, tokens: 3 } });
  });

  it('shows nothing without a state either', async () => {
    const world = await applied();
    expect(found(await auditOf(world, desired, { state: NO_STATE }))).toEqual([]);
  });
});
