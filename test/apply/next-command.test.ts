/** What a run that did not do all says to type next: what the next apply does not repeat is requested again. */
import { describe, expect, it } from 'vitest';
import type { Applied } from '../../src/apply/apply.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { State } from '../../src/model/state.ts';
import { UserError } from '../../src/model/user-error.ts';
import { appliedText } from '../../src/report/apply/text.ts';
import { expectGolden } from '../golden/golden.ts';
import { brief, desire, MemoryStateWriter, token, World } from '../world.ts';

const desired = desire({
  etl_prod: { tokens: [token('airflow'), token('dbt')] },
  tenant_a: { tokens: [token('app')] },
});

/** A disk that is full from the next write on. */
class FullDisk extends MemoryStateWriter {
  readonly #saved: State;
  protected readonly error: UserError = new UserError('STATE_UNWRITABLE', 'full', 'Make room.');
  constructor(state: State) {
    super();
    this.state = state;
    this.#saved = state;
  }
  override get durable(): State {
    return this.#saved;
  }
  override async update(change: (state: State) => State): Promise<void> {
    this.state = change(this.state);
    if (this.state !== this.#saved) throw this.error;
  }
}

/** A state that another run takes before the next write. */
class LostState extends FullDisk {
  protected override readonly error = new UserError('STATE_LOST', 'lost', 'Wait until other runs have ended.');
}

/** A served organization that makes what is asked and loses its answers, or makes nothing. */
function broken(world: World, makes: boolean): void {
  world.interfere = async (request) => {
    if (request.method !== 'POST') return undefined;
    if (makes) await world.organization.handle(request);
    return new Response('<html>502</html>', { status: 502, headers: { 'content-type': 'text/html' } });
  };
}

function said(applied: Applied & { readonly plan: Plan }): string {
  return appliedText({ plan: applied.plan, applied, smoke: { at: '', accounts: [], warnings: [], passed: true } });
}

describe.each([true, false])('a rotation that was requested, and whose answers are lost (made: %s)', (makes) => {
  it('is requested again, for what was not done', async () => {
    const world = new World();
    await world.apply(desired);
    broken(world, makes);
    const applied = await world.apply(desired, { rotate: (_, key) => key !== 'dbt' });
    expect(applied.outcomes.map(({ error }) => error?.hint.command)).toEqual([
      ['rotate', 'etl_prod/airflow'],
      ['rotate', 'tenant_a/app'],
    ]);
    const text = said(applied);
    expect(text).toContain('mdacc rotate etl_prod/airflow tenant_a/app');
    expect(text).not.toContain('apply');
    world.interfere = undefined;
    expect(brief(await world.plan(desired))).toEqual([]);
  });
});

it('a creation whose answer is lost is in the next plan', async () => {
  const world = new World();
  broken(world, true);
  const applied = await world.apply(desired);
  expect(said(applied)).not.toContain('rotate');
  world.interfere = undefined;
  expect(brief(await world.plan(desired))).not.toEqual([]);
});

it('a disk that is full before the call leaves no intent, and what was requested is requested again', async () => {
  const world = new World();
  await world.apply(desired);
  const before = world.stateWriter.state;
  world.stateWriter = new FullDisk(before);
  const applied = await world.apply(desired, { rotate: (_, key) => key === 'airflow' });
  expect(applied.unsaved).toEqual([]);
  expect(world.stateWriter.state.accounts.get('etl_prod')).toBe(before.accounts.get('etl_prod'));
  expect(said(applied)).not.toContain('was saved');
  expect(said(applied)).toContain('mdacc rotate etl_prod/airflow');
});

it('a state that another run has taken is not to be corrected', async () => {
  const world = new World();
  await world.apply(desired);
  world.stateWriter = new LostState(world.stateWriter.state);
  const applied = await world.apply(desired, { rotate: (_, key) => key === 'airflow' });
  expect(applied.unsaved).toEqual([]);
  expectGolden('reports', 'an apply whose state another run has taken', said(applied));
});

it('a disk that is full before an account is created leaves nothing of it', async () => {
  const world = new World();
  const before = world.stateWriter.state;
  world.stateWriter = new FullDisk({ ...before, runs: [{ at: new Date(world.organization.now()).toISOString() }] });
  const applied = await world.apply(desired);
  expect(applied.unsaved).toEqual([]);
  expect(said(applied)).not.toContain('was saved');
  const failures = said(applied).match(/^Failed: .*full \[STATE_UNWRITABLE\]$/gm) ?? [];
  expect(failures.filter((line) => line === 'Failed: full [STATE_UNWRITABLE]')).toEqual([]);
  expect(failures).not.toEqual([]);
});

describe('an apply that is interrupted when its actions are done', () => {
  /** Untested accounts are those that were in their test, and those that waited for it. */
  async function interrupted(world: World, options: Parameters<World['apply']>[1] = {}) {
    const stop = new AbortController();
    const planned = (await world.plan(desired, options)).actions.length;
    let done = 0;
    const applied = await world.apply(desired, {
      ...options,
      stopping: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'end') done += 1;
        if (done === planned) stop.abort();
      },
      verify: async ({ username: account }) => {
        return { account, outcome: 'interrupted', verified: [], connections: [], warnings: [], ms: 0 };
      },
    });
    const smoke = { at: '', accounts: applied.smoke, warnings: [], passed: false };
    return { ...applied, text: appliedText({ plan: applied.plan, applied, smoke }) };
  }

  it('names every account that was not tested, with the command that tests it', async () => {
    const { text, smoke } = await interrupted(new World());
    expect(smoke.map(({ account, outcome }) => [account, outcome]).sort()).toEqual([
      ['etl_prod', 'interrupted'],
      ['tenant_a', 'interrupted'],
    ]);
    expect(text).toMatch(/mdacc smoke (etl_prod tenant_a|tenant_a etl_prod)$/m);
    expect(text).not.toContain('(0 ms)');
  });

  it('names the tokens that a rotation did not verify, which the next apply replaces', async () => {
    const world = new World();
    await world.apply(desired);
    const { text, smoke } = await interrupted(world, { rotate: () => true });
    expect(smoke).toHaveLength(2);
    for (const name of ['etl_prod/airflow', 'etl_prod/dbt', 'tenant_a/app']) expect(text).toContain(name);
    expect(text).toMatch(/mdacc apply$/m);
    expect(text).not.toContain('mdacc smoke');
    expectGolden('reports', 'an apply > whose tests were interrupted', text);
    const tokens = brief(await world.plan(desired));
    expect(tokens.filter((action) => action.startsWith('rotate_token'))).toHaveLength(3);
  });
});
