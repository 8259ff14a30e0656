/** What a run may touch: nothing but its own accounts, whatever an organization holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { accountsOf, beganAt, newRun, ownAccount, runOf } from './names.ts';
import { RawApi } from './raw-api.ts';

const RUN = 'mdacc_live_20261124225300_1a2b3c4d';

/** Names that organizations have, or that someone would think of who wants them deleted. */
const HOSTILE: readonly unknown[] = [
  'etl_prod',
  'mdacc_live',
  'mdacc_live_',
  'mdacc_live_customer',
  'mdacc_live_20261124225300_1a2b3c4d',
  'mdacc_live_20261124225300_1a2b3c4d_',
  'mdacc_live_20261124225300_1a2b3c4detl',
  'mdacc_live_20261124225300_1a2b3c4e_etl',
  'mdacc_live_20261124225301_1a2b3c4d_etl',
  'MDACC_LIVE_20261124225300_1A2B3C4D_etl',
  'mdacc_live_20261124225300_1A2B3C4D_etl',
  'xmdacc_live_20261124225300_1a2b3c4d_etl',
  ' mdacc_live_20261124225300_1a2b3c4d_etl',
  'mdacc_live_20261124225300_1a2b3c4d_etl ',
  'mdacc_live_20261124225300_1a2b3c4d_etl\n',
  'etl_prod\nmdacc_live_20261124225300_1a2b3c4d_etl',
  'mdacc_live_20261124225300_1a2b3c4d_/../etl_prod',
  'mdacc_live_20261124225300_1a2b3c4d_x/../../users/etl_prod',
  'mdacc_live_20261124225300_1a2b3c4d_..',
  'mdacc_live_20261124225300_1a2b3c4d_%2e%2e',
  'mdacc_live_20261124225300_1a2b3c4d_x?limit=1',
  'mdacc_live_20261124225300_1a2b3c4d_x#',
  'mdacc_live_20261124225300_1a2b3c4d_x\0etl_prod',
  'mdacc\u200b_live_20261124225300_1a2b3c4d_etl',
  'mdаcc_live_20261124225300_1a2b3c4d_etl', // its first a is Cyrillic
  'mdacc_live_20261124225300_1a2b3c4d_ｅｔｌ',
  'mdacc_live_20260231000000_1a2b3c4d_etl',
  `mdacc_live_20261124225300_1a2b3c4d_${'x'.repeat(241)}`,
  '',
  undefined,
  null,
  0,
  ['mdacc_live_20261124225300_1a2b3c4d_etl'],
  { toString: () => 'mdacc_live_20261124225300_1a2b3c4d_etl' },
];

describe('the guard', () => {
  it.each(HOSTILE.map((name) => [JSON.stringify(name) ?? 'undefined', name]))('refuses %s', (_, name) => {
    expect(() => ownAccount(name, RUN)).toThrow(`an account that is not of the run ${RUN}`);
  });

  it.each(accountsOf(RUN))('takes %s', (name) => expect(ownAccount(name, RUN)).toBe(name));

  it('takes nothing for a run that is none', () => {
    for (const run of ['', 'mdacc_live_', 'mdacc_live_customer', `${RUN}_`, '.*']) {
      expect(() => ownAccount(`${RUN}_etl`, run)).toThrow();
      expect(() => ownAccount(`${run}_etl`, run)).toThrow();
    }
  });

  it('lets through only names that begin with the run and cannot leave their place in a path', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `${RUN}_${rest}`),
        ),
        (name) => {
          const taken = runOf(name) === RUN;
          expect(taken).toBe(name.startsWith(`${RUN}_`) && /^[\w-]{1,240}$/.test(name.slice(RUN.length + 1)));
          if (taken) expect(encodeURIComponent(name)).toBe(name);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('stands before every call that changes something', async () => {
    const sent: string[] = [];
    const api = new RawApi({
      address: new URL('https://api.motherduck.com'),
      token: new Secret('t'),
      run: RUN,
      send: async ({ method, url }) => {
        sent.push(`${method} ${url}`);
        return new Response('{}');
      },
    });
    for (const name of HOSTILE as readonly string[]) {
      const calls = [
        () => api.createUser(name),
        () => api.deleteUser(name),
        () => api.createToken(name, {}),
        () => api.deleteToken(name, 'id'),
        () => api.setDucklings(name, {}),
      ];
      for (const call of calls) await expect((async () => call())()).rejects.toThrow('it did not');
    }
    expect(sent).toEqual([]);
    await api.deleteToken(`${RUN}_etl`, '../../etl_prod');
    expect(sent).toEqual([`DELETE https://api.motherduck.com/v1/users/${RUN}_etl/tokens/..%2F..%2Fetl_prod`]);
  });
});

describe('a new run', () => {
  it('is one of its own, whose name says when it began', () => {
    const now = Date.UTC(2026, 10, 24, 22, 53, 7, 999);
    const [one, other] = [newRun(now), newRun(now)];
    expect(one).toMatch(/^mdacc_live_20261124225307_[0-9a-f]{8}$/);
    expect(one).not.toBe(other);
    expect(beganAt(one)).toBe(Date.UTC(2026, 10, 24, 22, 53, 7));
  });

  it('makes names that MotherDuck takes, but for the two that it should refuse', () => {
    const fine = accountsOf(RUN).filter((name) => /^[A-Za-z][A-Za-z0-9_]{2,254}$/.test(name));
    expect(
      accountsOf(RUN)
        .filter((name) => !fine.includes(name))
        .map((name) => name.length),
    ).toEqual([`${RUN}_bad-name`.length, 256, `${RUN}_é`.length]);
  });
});
