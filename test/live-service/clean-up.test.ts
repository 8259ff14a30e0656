/** What a run made goes away whatever happened, and nothing else does. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/sandbox/server.ts';
import { cleanUp, leftovers } from './clean-up.ts';
import { main } from './main.ts';
import { newRun } from './names.ts';
import { ADMIN, answering, populate, usernames } from './served.ts';

const HOUR = 3_600_000;
const RUN = newRun();
const OTHERS = ['etl_prod', 'mdacc_live_customer', 'mdacc_livestock', 'tenant_acme'];
const none = async () => {};

describe('cleaning up after a run', () => {
  it('deletes all of its accounts, and none of another run or of anybody', async () => {
    const { organization, api, calls } = answering(RUN);
    const other = newRun(Date.now() - 72 * HOUR);
    await populate(organization, ...OTHERS, `${other}_etl`, `${RUN}_etl`, `${RUN}_unheard_of`);
    const cleaned = await cleanUp(api, none);
    expect(cleaned).toEqual({ removed: [`${RUN}_etl`, `${RUN}_unheard_of`], left: new Map() });
    expect(usernames(organization)).toEqual([...OTHERS, `${other}_etl`].sort());
    expect(calls.filter((call) => !call.startsWith(`DELETE /v1/users/${RUN}_`))).toEqual([]);
  });

  it('does without a list of users, by the names that a run makes', async () => {
    const { organization, api } = answering(RUN, { users_list: 'forbidden' });
    await populate(organization, ...OTHERS, `${RUN}_etl`, `${RUN}_facts`);
    expect((await cleanUp(api, none)).removed).toEqual([`${RUN}_etl`, `${RUN}_facts`]);
    expect(usernames(organization)).toEqual(OTHERS);
  });

  it('tries again what failed, and finds what came late', async () => {
    let deletions = 0;
    const { organization, api } = answering(RUN, {}, async (request, answer) => {
      if (request.method !== 'DELETE') return answer();
      deletions += 1;
      if (deletions === 2) await populate(organization, `${RUN}_late`);
      if (deletions < 4) return Response.json({ message: 'x', code: 'INTERNAL_SERVER_ERROR' }, { status: 500 });
      if (deletions === 4) throw new TypeError('fetch failed');
      return answer();
    });
    await populate(organization, ...OTHERS, `${RUN}_etl`);
    expect(await cleanUp(api, none)).toEqual({ removed: [`${RUN}_etl`, `${RUN}_late`], left: new Map() });
    expect(usernames(organization)).toEqual(OTHERS);
  });

  it('of a token that may delete nothing leaves nothing where the list of users says so', async () => {
    const { api } = answering(RUN, { role: 'explorer' });
    expect(await cleanUp(api, async () => {})).toEqual({ removed: [], left: new Map() });
    const unlisted = answering(RUN, { role: 'explorer', users_list: 'forbidden' });
    expect((await cleanUp(unlisted.api, async () => {})).left.size).toBeGreaterThan(0);
  });

  it('says what it could not delete', async () => {
    const { organization, api } = answering(RUN, {}, async (request, answer) =>
      request.method === 'DELETE' && request.url.endsWith('_etl') ? new Response('busy', { status: 503 }) : answer(),
    );
    await populate(organization, `${RUN}_etl`, `${RUN}_bi`);
    const { removed, left } = await cleanUp(api, none);
    expect(removed).toEqual([`${RUN}_bi`]);
    expect([...left]).toEqual([[`${RUN}_etl`, 'MotherDuck answered 503']]);
  });
});

describe('what runs of other days left', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  const user = (username: unknown, differs: object = {}) => ({ username, is_service_account: true, ...differs });
  const old = newRun(now - 25 * HOUR);

  it('is what their names say, and only service accounts that are there', () => {
    const users = [
      ...OTHERS.map((name) => user(name)),
      user(`${newRun(now - 23 * HOUR)}_etl`),
      user(`${newRun(now + 48 * HOUR)}_etl`),
      user(`${old.toUpperCase()}_etl`),
      user(`${old}/../etl_prod`),
      user(`${old}_person`, { is_service_account: false }),
      user(`${old}_perhaps`, { is_service_account: 'true' }),
      user(`${old}_deleted`, { is_deprovisioned: true }),
      user(null),
      null,
      'etl_prod',
      user(`${old}_etl`),
      user(`${old}_bi`),
    ];
    expect([...leftovers(users, now)]).toEqual([[old, [`${old}_etl`, `${old}_bi`]]]);
  });
});

describe('npm run test:live -- ', () => {
  async function served(...names: readonly string[]) {
    const { organization } = answering(RUN);
    await populate(organization, ...names);
    const server = await serve({ organization, port: 0 });
    onTestFinished(() => server.close());
    const said = { stdout: '', stderr: '' };
    const type = (args: readonly string[], env: Record<string, string> = {}) =>
      main(args, {
        root: process.cwd(),
        version: '0.0.0',
        env: { MOTHERDUCK_API_URL: server.url, MOTHERDUCK_ADMIN_TOKEN: ADMIN, ...env },
        result: (text) => {
          said.stdout += text;
        },
        note: (line) => {
          said.stderr += `${line}\n`;
        },
      });
    return { organization, said, type };
  }

  it('--sweep shows what was left, and removes it only when the environment says so too', async () => {
    const [old, young] = [newRun(Date.now() - 25 * HOUR), newRun(Date.now() - 23 * HOUR)];
    const { organization, said, type } = await served(...OTHERS, `${old}_etl`, `${old}_bi`, `${young}_etl`);
    expect(await type(['--sweep'])).toBe(0);
    expect(said.stdout).toBe(`${old} left 2 accounts.\n`);
    expect(said.stderr).toContain('MDACC_LIVE_SWEEP=1 npm run test:live -- --sweep');
    expect(usernames(organization)).toContain(`${old}_etl`);
    expect(await type(['--sweep'], { MDACC_LIVE_SWEEP: '1' })).toBe(0);
    expect(said.stdout).toContain(`${old}: 2 accounts removed.\n`);
    expect(usernames(organization)).toEqual([...OTHERS, `${young}_etl`].sort());
    expect(await type(['--sweep'], { MDACC_LIVE_SWEEP: '1' })).toBe(0);
    expect(said.stdout).toContain('No run of the live suite left anything');
  });

  it('--clean removes what one run made, however young', async () => {
    const { organization, said, type } = await served(...OTHERS, `${RUN}_etl`);
    expect(await type(['--clean', RUN])).toBe(0);
    expect(said.stdout).toBe(`${RUN}: 1 account removed.\n`);
    expect(usernames(organization)).toEqual(OTHERS);
  });

  it.each([
    [['--clean']],
    [['--clean', 'mdacc_live_']],
    [['--clean', 'etl_prod']],
    [['--clean', RUN, 'etl_prod']],
    [['--sweep', RUN]],
    [['--all']],
  ])('%j is not understood, and nothing is done', async (args) => {
    const { organization, type } = await served(...OTHERS, `${RUN}_etl`);
    expect(await type(args, { MDACC_LIVE: '1', MDACC_LIVE_SWEEP: '1' })).toBe(64);
    expect(usernames(organization)).toEqual([...OTHERS, `${RUN}_etl`].sort());
  });

  it.each<[string, Record<string, string>]>([
    ['without MDACC_LIVE=1', {}],
    ['without an admin token', { MDACC_LIVE: '1', MOTHERDUCK_ADMIN_TOKEN: '' }],
  ])('is skipped %s, and says how to run it', async (_, env) => {
    const { organization, said, type } = await served(...OTHERS);
    expect(await type([], env)).toBe(0);
    expect(said.stderr).toContain('MDACC_LIVE=1 MOTHERDUCK_ADMIN_TOKEN=… npm run test:live');
    expect(usernames(organization)).toEqual(OTHERS);
  });

  it.each<[Record<string, string>, string, number]>([
    [{ MDACC_LIVE_SIZE: 'huge' }, 'pulse, standard, jumbo, mega, giga', 64],
    [{ MDACC_LIVE_RUN: 'etl_prod' }, 'MDACC_LIVE_RUN cannot be used', 64],
    [{ MDACC_LIVE_MINUTES: 'long' }, 'MDACC_LIVE_MINUTES cannot be used', 64],
    [{ MOTHERDUCK_API_URL: 'http://example.com' }, 'http://example.com', 1],
    [{ MOTHERDUCK_ADMIN_TOKEN: 'wrong' }, 'refuses MOTHERDUCK_ADMIN_TOKEN (401): nothing was made', 1],
  ])('with %j ends before anything is made', async (env, says, code) => {
    const { organization, said, type } = await served(...OTHERS);
    expect(await type([], { MDACC_LIVE: '1', ...env })).toBe(code);
    expect(said.stderr).toContain(says);
    expect(usernames(organization)).toEqual(OTHERS);
  });
});
