/** The drawing of tokens: what lives how long, and where that stands. */
import { describe, expect, it } from 'vitest';
import { scaleTo } from '../../src/report/plan/html/timeline.ts';
import { alikeLifetimes, overlapOf, tokenLifetimes } from '../../src/report/plan/html/token-lifetimes.ts';
import { DAY, desire, token, World } from '../world.ts';

const NOW = Date.UTC(2026, 10, 24);

describe('the lives of tokens', () => {
  it('are what a plan begins and ends now, and what is next, soonest first', async () => {
    const world = new World();
    const early = { key: 'a', ttl: 20 * DAY, rotateBefore: 5 * DAY };
    await world.apply(desire({ etl_prod: { tokens: [token('a', early), token('b'), token('c')] } }));
    await world.organization.advance(16 * DAY);
    const plan = await world.plan(desire({ etl_prod: { tokens: [token('a', early), token('b')] } }));
    const at = Date.parse(plan.at);
    const said = tokenLifetimes(plan).map((one) => ({
      token: one.token,
      lives: one.lives.map((life) => [
        life.name,
        life.begins,
        life.end,
        life.at === undefined ? null : Math.round((life.at - at) / 86_400_000),
      ]),
    }));
    expect(said).toEqual([
      {
        token: 'a',
        lives: [
          ['a', false, 'is revoked', 1],
          ['a.2', true, 'rotates', 15],
        ],
      },
      { token: 'c', lives: [['c', false, 'is revoked', 0]] },
      { token: 'b', lives: [['b', false, 'rotates', 60]] },
    ]);
  });

  it('of a replaced token end when it expires, where that comes before the end of its overlap', async () => {
    const world = new World();
    const desired = desire({
      etl_prod: { tokens: [token('a', { ttl: 20 * DAY, rotateBefore: 5 * DAY, overlap: 4 * DAY })] },
    });
    await world.apply(desired);
    await world.organization.advance(19 * DAY);
    const [first] = tokenLifetimes(await world.plan(desired));
    expect(first?.lives.map(({ name, end }) => `${name} ${end}`)).toEqual(['a expires', 'a.2 rotates']);
  });

  it('of a token that is replaced and revoked in one run end once', async () => {
    const world = new World();
    const desired = desire({ etl_prod: { tokens: [token('a')] } });
    await world.apply(desired);
    const plan = await world.plan(desired, { rotate: () => true, revokeOld: 'verified' });
    expect(tokenLifetimes(plan)[0]?.lives.map(({ name, end }) => `${name} ${end}`)).toEqual([
      'a.2 rotates',
      'a is revoked',
    ]);
  });

  it('have no end when a token never expires', async () => {
    const plan = await new World().plan(desire({ etl_prod: { tokens: [token('a', { ttl: null })] } }));
    expect(tokenLifetimes(plan)[0]?.lives).toEqual([{ name: 'a', begins: true, end: 'never expires' }]);
  });
});

describe('an overlap', () => {
  it('lasts as long as two tokens of a key work', async () => {
    const world = new World();
    const desired = desire({ etl_prod: { tokens: [token('a', { ttl: 20 * DAY, rotateBefore: 5 * DAY })] } });
    await world.apply(desired);
    await world.organization.advance(16 * DAY);
    const plan = await world.plan(desired);
    const overlap = (of: typeof plan) => overlapOf(tokenLifetimes(of)[0]?.lives ?? [], Date.parse(of.at));
    expect(overlap(plan)).toBe(Date.parse(plan.at) + DAY * 1000);
    await world.apply(desired);
    const during = await world.plan(desired);
    expect(overlap(during)).toBeGreaterThan(Date.parse(during.at));
    await world.organization.advance(2 * DAY);
    expect(overlap(await world.plan(desired))).toBeUndefined();
  });
});

describe('tokens that change alike', () => {
  it('are one row, with every account once', async () => {
    const tenants = Object.fromEntries(['t_1', 't_2', 't_10'].map((name) => [name, { tokens: [token('app')] }]));
    const plan = await new World().plan(desire({ ...tenants, other: { tokens: [token('app', { ttl: 20 * DAY })] } }));
    const groups = alikeLifetimes(tokenLifetimes(plan)).map(({ accounts }) => accounts);
    expect(groups).toEqual([['t_1', 't_2', 't_10'], ['other']]);
  });
});

describe('the scale', () => {
  it.each([
    [0.5, ['now', '12:00']],
    [3, ['now', '2026-11-25', '2026-11-26', '2026-11-27']],
    [90, ['now', '2026-12-24', '2027-01-23', '2027-02-22']],
    [365, ['now', '2027-05-23', '2027-11-19']],
    [3650, ['now', '2030-03-25', '2033-07-24']],
  ])('to %i days has no more places than a phone has room for', (days, labels) => {
    const { ticks, position } = scaleTo([NOW + days * 86_400_000], NOW);
    expect(ticks.map(({ label }) => label)).toEqual(labels);
    expect([position(NOW), position(NOW + days * 43_200_000), position(NOW + days * 86_400_000)]).toEqual([0, 50, 100]);
  });

  it('draws what is past at now', () => {
    expect(scaleTo([NOW + 3_600_000], NOW).position(NOW - 1)).toBe(0);
  });

  it('has a length when nothing is to come', () => {
    expect(scaleTo([], NOW).ticks.map(({ label }) => label)).toEqual(['now', '01:00']);
  });
});
