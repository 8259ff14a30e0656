/**
 * The whole of the product on a real organization, step by step, with accounts of its own. `npm run test:live` runs it
 * and removes what it made; without that command around it, it does nothing.
 */
import { renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSmokeName } from '../../src/model/tokens.ts';
import { STATE } from '../stage.ts';
import { good, JourneyStage } from './journey-stage.ts';
import { beganAt } from './names.ts';
import { readSettings } from './settings.ts';

const run = process.env.MDACC_LIVE_RUN ?? '';
const settings = readSettings(process.env);
/** An overlap is a second, and MotherDuck's clock shows whole ones. */
const OVERLAP_MS = 3000;

describe.runIf(settings !== undefined && beganAt(run) !== undefined)('a journey', () => {
  let stage: JourneyStage;
  let stopped = false;
  const leaving: (() => void)[] = [];

  beforeAll(async () => {
    stage = new JourneyStage(settings ?? expect.unreachable(), run, (remove) => leaving.push(remove));
    await stage.meet();
  });
  afterAll(() => {
    for (const leave of leaving) leave();
  });
  // Each step stands on the one before it.
  beforeEach(({ skip, onTestFailed }) => {
    if (stopped) skip('a step before it failed');
    onTestFailed(() => {
      stopped = true;
    });
  });

  it('plan says what would be made, and makes nothing', async () => {
    const { planned } = await stage.counts('plan --detailed-exitcode --out first.plan', { exits: 2 });
    expect(planned).toBe(7);
    expect(stage.has(STATE)).toBe(false);
    expect([await stage.exists('etl'), await stage.exists('bi')]).toEqual([false, false]);
  });

  it('apply does the plan that was saved, stores the secrets, sets one up, and connects as each account', async () => {
    expect(await stage.counts('apply first.plan --yes')).toEqual({ planned: 7, done: 7, passed: 2 });
    const [load, app] = [(await stage.tokens('etl')).get('load'), (await stage.tokens('bi')).get('app')];
    expect([load?.token_type, app?.token_type]).toEqual(['read_write', 'read_scaling']);
    const life = Date.parse(load?.expire_at ?? '') - Date.parse(load?.created_ts ?? '');
    expect(Math.round(life / 60_000)).toBe(30);
    expect(await ducklingsOf('bi')).toMatchObject({ read_scaling: { flock_size: 1 } });
    for (const secret of [stage.secret('etl', 'load'), stage.secret('bi', 'app')]) {
      expect(secret?.length ?? 0).toBeGreaterThan(20);
      expect(stage.read(STATE).includes(secret ?? '')).toBe(false);
    }
    expect(statSync(stage.file('secrets.env')).mode & 0o077).toBe(0);
  });

  it('a second plan and a second apply change nothing', async () => {
    const state = stage.read(STATE);
    await stage.mdacc('plan --detailed-exitcode');
    expect(await stage.counts('apply --yes')).toEqual({ planned: 0, done: 0, passed: 0 });
    expect(stage.read(STATE)).toBe(state);
  });

  it('smoke connects with tokens of its own, and leaves none', async () => {
    const { stdout } = await stage.mdacc('smoke --format json');
    expect(JSON.parse(stdout).accounts.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'passed',
      'passed',
    ]);
    for (const word of ['etl', 'bi'] as const)
      expect([...(await stage.tokens(word)).keys()].filter(isSmokeName)).toEqual([]);
  });

  it('audit finds nothing in what was just made', async () => {
    expect(await findings(0)).toEqual([]);
  });

  it('rotate makes a token in the place of the old one, which lives on for the overlap and then is revoked', async () => {
    const before = stage.secret('etl', 'load');
    expect(await stage.counts(`rotate ${stage.account('etl')}/load --yes`)).toMatchObject({ passed: 1 });
    expect([...(await stage.tokens('etl')).keys()].sort()).toEqual(['load', 'load.2']);
    expect(stage.secret('etl', 'load') !== before).toBe(true);
    await sleep(OVERLAP_MS);
    const ended = await stage.counts('apply --yes', { says: ['"kind": "overlap_ended"'] });
    expect(ended).toMatchObject({ planned: 1, done: 1 });
    expect([...(await stage.tokens('etl')).keys()]).toEqual(['load.2']);
  });

  it('rotate --revoke-old revokes the old token in the same run', async () => {
    const rotated = await stage.counts(`rotate ${stage.account('etl')}/load --revoke-old --yes`);
    expect(rotated).toEqual({ planned: 2, done: 2, passed: 1 });
    expect([...(await stage.tokens('etl')).keys()]).toEqual(['load.3']);
  });

  it('plan says what people changed by hand, and a saved plan is refused when something moved since', async () => {
    await stage.setPool('bi', 2);
    await stage.mdacc('plan --out today.plan --detailed-exitcode', { exits: 2, says: [' x2 -> '] });
    await revoke('bi', 'app');
    await stage.mdacc('apply today.plan --yes --format json', { exits: 1, says: ['PLAN_STALE', stage.account('bi')] });
    expect(await ducklingsOf('bi')).toMatchObject({ read_scaling: { flock_size: 2 } });
    await stage.mdacc('plan --format json', { says: ['"kind": "revoked"'] });
  });

  it('apply repairs it', async () => {
    expect(await stage.counts('apply --yes')).toEqual({ planned: 2, done: 2, passed: 1 });
    expect(await ducklingsOf('bi')).toMatchObject({ read_scaling: { flock_size: 1 } });
    expect((await stage.tokens('bi')).size).toBe(1);
    await stage.mdacc('plan --detailed-exitcode');
  });

  it('a suspended account loses its tokens and their secrets, and gets new ones afterwards', async () => {
    stage.configure({ suspended: true });
    expect(await stage.counts('apply --yes')).toEqual({ planned: 1, done: 1, passed: 0 });
    expect((await stage.tokens('bi')).size).toBe(0);
    expect(stage.secret('bi', 'app')).toBe(undefined);
    await stage.mdacc('plan --detailed-exitcode');
    stage.configure({});
    expect(await stage.counts('apply --yes')).toEqual({ planned: 1, done: 1, passed: 1 });
    expect((await stage.tokens('bi')).size).toBe(1);
    await stage.mdacc('plan --detailed-exitcode');
  });

  it('audit finds a token that was made by hand, and judges nobody else', async () => {
    good(await stage.api.createToken(stage.account('etl'), { name: 'by_hand', ttl: 1800 }));
    expect(await findings(2)).toEqual([`MDA002 ${stage.account('etl')}/by_hand`]);
  });

  it('import takes it over, and an account that was made by hand, as they are', async () => {
    good(await stage.api.createUser(stage.account('found')));
    good(await stage.api.createToken(stage.account('found'), { name: 'load', ttl: 1800 }));
    const made = [await idsOf('etl'), await idsOf('found')];
    await stage.mdacc(`import ${stage.account('found')} ${stage.account('etl')}/by_hand --yes`);
    await stage.mdacc('plan --detailed-exitcode');
    await stage.mdacc(`state show ${stage.account('found')}/load`, { says: ['"unknown"'] });
    expect([await idsOf('etl'), await idsOf('found')]).toEqual(made);
  });

  it('apply revokes a token that left the configuration', async () => {
    stage.configure({ accounts: ['etl', 'bi', 'found'] });
    const revoking = await stage.counts('apply --yes --no-smoke', { says: ['"action": "revoke_token"'] });
    expect(revoking).toMatchObject({ planned: 1, done: 1 });
    expect([...(await stage.tokens('etl')).keys()]).toEqual(['load.3']);
  });

  it('apply adopts everything again when the state is lost, and makes nothing twice', async () => {
    const before = [await idsOf('etl'), await idsOf('bi'), await idsOf('found')];
    renameSync(stage.file(STATE), stage.file('lost.json'));
    expect(await stage.counts('apply --yes --no-smoke')).toMatchObject({ planned: 7, done: 7 });
    expect([await idsOf('etl'), await idsOf('bi'), await idsOf('found')]).toEqual(before);
    await stage.mdacc('plan --detailed-exitcode');
  });

  it('an account is deleted only when it is unprotected, and max_deletes, --prune and --allow-delete say so', async () => {
    stage.configure({ accounts: ['etl', 'bi'], maxDeletes: 1 });
    await stage.mdacc('apply --yes --prune --allow-delete', { exits: 1, says: ['deletion_protection'] });
    stage.configure({ accounts: ['etl', 'bi', 'found'], deletionProtection: false });
    await stage.mdacc('apply --yes --no-smoke');
    stage.configure({ accounts: ['etl', 'bi'], deletionProtection: false });
    await stage.mdacc('apply --yes --prune --allow-delete', { exits: 1, says: ['max_deletes'] });
    stage.configure({ accounts: ['etl', 'bi'], deletionProtection: false, maxDeletes: 1 });
    await stage.mdacc('apply --yes --prune', { exits: 1, says: ['--allow-delete'] });
    expect(await stage.exists('found')).toBe(true);
    expect(await stage.counts('apply --yes --prune --allow-delete')).toMatchObject({ planned: 1, done: 1 });
    expect([await stage.exists('found'), await stage.exists('etl')]).toEqual([false, true]);
  });

  it('destroy deletes the rest', async () => {
    stage.configure({ accounts: ['etl', 'bi'], deletionProtection: false, maxDeletes: 2 });
    expect(await stage.counts('destroy --yes --allow-delete')).toMatchObject({ planned: 2, done: 2 });
    expect([await stage.exists('etl'), await stage.exists('bi')]).toEqual([false, false]);
  });

  async function ducklingsOf(word: 'etl' | 'bi'): Promise<unknown> {
    return good(await stage.api.ducklings(stage.account(word)));
  }

  async function idsOf(word: 'etl' | 'bi' | 'found'): Promise<string[]> {
    return [...(await stage.tokens(word)).values()].map(({ id }) => id).sort();
  }

  async function revoke(word: 'etl' | 'bi', name: string): Promise<void> {
    const id = (await stage.tokens(word)).get(name)?.id ?? '';
    good(await stage.api.deleteToken(stage.account(word), id));
  }

  /** What an audit of the run's accounts finds, as `MDA002 account/token`; notes and everybody else in it are an error. */
  async function findings(exits: number): Promise<string[]> {
    const { stdout } = await stage.mdacc(`audit --only ${run}_* --format json`, { exits });
    const document = JSON.parse(stdout) as { findings: { rule: string; account?: string; token?: string }[] };
    const words = new Set(stdout.match(/[\p{L}\p{N}_.@+-]+/gu)?.map((word) => word.toLowerCase()));
    expect([...stage.others].filter((name) => words.has(name)).length).toBe(0);
    return document.findings.map(({ rule, account, token }) => `${rule} ${account}${token ? `/${token}` : ''}`);
  }
});
