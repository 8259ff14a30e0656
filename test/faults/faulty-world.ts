/** A world with faults: in calls, in the disk of the state, in secret stores. Runs of apply follow one another in it. */
import { expect } from 'vitest';
import { type Applied, apply } from '../../src/apply/apply.ts';
import type { StateWriter } from '../../src/apply/state-writer.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Live } from '../../src/model/live.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { State } from '../../src/model/state.ts';
import { accountKey } from '../../src/model/username.ts';
import type { Api } from '../../src/motherduck/api.ts';
import type { Connector } from '../../src/motherduck/connector.ts';
import type { ProbeReport, ProbeRunner } from '../../src/motherduck/probe-process.ts';
import type { TransportRequest } from '../../src/motherduck/transport.ts';
import type { MakePlanOptions } from '../../src/plan/plan.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import type { SandboxEvent } from '../../src/sandbox/organization-state.ts';
import { SmokeSession } from '../../src/smoke/session.ts';
import { MemoryStateWriter, World } from '../world.ts';
import { DiskStateWriter } from './disk-state-writer.ts';
import { type Fault, SLOW } from './fault.ts';

type Verify = NonNullable<Parameters<typeof apply>[0]['verify']>;

export interface RunOptions extends MakePlanOptions {
  /** false: as with --no-smoke; a function: in the place of the smoke test. */
  readonly smoke?: false | Verify;
  /** One attempt at a call, in milliseconds. */
  readonly timeoutMs?: number;
}

/** How one run of the command ended. */
export interface Ran {
  readonly live?: Live;
  readonly plan?: Plan;
  readonly applied?: Applied;
  /** What was thrown in the place of `applied`. */
  readonly thrown?: unknown;
  /** Actions that were begun. */
  readonly begun: number;
}

export class FaultyWorld extends World {
  override stateWriter: StateWriter & { state: State; readonly durable: State };
  fault: Fault | undefined;
  /** Sees every call before it is made; what it throws is a broken connection. */
  onCall: (request: TransportRequest) => void = () => {};
  /** Told of every action and every test that is begun. */
  onBegin: (what: string) => void = () => {};
  #isReading = false;
  /** The calls of the last reading about an account, and whether the last attempt at each failed. */
  readonly #readings = new Map<string, { readonly username: string; readonly isBad: boolean }>();
  #late: (() => Promise<unknown>)[] = [];

  constructor(events: readonly SandboxEvent[] = [], state?: State) {
    super({ events });
    const lineage = '0b1f2c3d-0000-4000-8000-000000000001';
    this.stateWriter = new DiskStateWriter(state ?? { ...new MemoryStateWriter().state, lineage });
    this.interfere = (request) => this.#fail(request);
  }

  /** Does what `mdacc apply --yes` does, up to its report. */
  async run(desired: Desired, options: RunOptions = {}): Promise<Ran> {
    const { smoke, timeoutMs, ...planning } = options;
    const api = this.openApi(timeoutMs);
    let begun = 0;
    const ran: { live?: Live; plan?: Plan; applied?: Applied; thrown?: unknown } = {};
    try {
      ran.live = await this.live(desired, api);
      ran.plan = this.planOf(desired, ran.live, planning);
      if (ran.plan.violations.length > 0) throw new Error(JSON.stringify(ran.plan.violations));
      ran.applied = await apply({
        plan: ran.plan,
        desired,
        live: ran.live,
        api,
        stateWriter: this.stateWriter,
        stores: this.stores,
        parallelism: 4,
        stopping: new AbortController().signal,
        onEvent: (event) => {
          if (event.kind === 'begin') {
            begun += 1;
            this.onBegin(`${event.action.action} ${event.action.account}`);
          }
          if (event.kind === 'verify') this.onBegin(`test ${event.account}`);
        },
        ...(smoke === false ? {} : { verify: smoke ?? smokeTest(api, this.organization) }),
      });
    } catch (error) {
      ran.thrown = error;
    }
    await api.close();
    // All of this can go on without the event loop's turn, and what WeakRefs saw is freed only then.
    await new Promise((done) => setImmediate(done));
    return { ...ran, begun };
  }

  override async live(desired: Desired, api?: Api): Promise<Live> {
    this.#readings.clear();
    this.#isReading = true;
    try {
      return await super.live(desired, api);
    } finally {
      this.#isReading = false;
    }
  }

  /** As plan and apply read: no more calls than they make. */
  protected override needsDucklings(desired: Desired, username: string): boolean {
    return desired.accounts.get(accountKey(username))?.ducklings !== undefined;
  }

  /** The accounts of which a call of the last reading ended badly. */
  unread(): ReadonlySet<string> {
    return new Set([...this.#readings.values()].flatMap(({ username, isBad }) => (isBad ? [username] : [])));
  }

  /** The process is gone, with what it had not written; what was on its way to MotherDuck arrives; all works again. */
  async restart(): Promise<void> {
    for (const act of this.#late.splice(0)) await act();
    this.fault = undefined;
    this.onCall = () => {};
    this.onBegin = () => {};
    this.stores = new Map([['memory', this.store]]);
    this.stateWriter = new DiskStateWriter(this.stateWriter.durable);
    // Longer than what MotherDuck's `Date` leaves out.
    await this.organization.advance(2);
  }

  /** Only the calls that a fault hits: all others reach the organization directly, which takes half the time. */
  protected override intercepts(request: TransportRequest): boolean {
    const call = `${request.method} ${request.path}`;
    const isHit = this.fault?.hits(call) ?? false;
    const isHarmless = this.fault !== undefined && Object.values(SLOW).includes(this.fault.kind);
    const [, username] = /^GET \/v1\/users\/([^/]+)\/\w+$/.exec(call) ?? [];
    if (this.#isReading && username !== undefined) {
      this.#readings.set(call, { username, isBad: isHit && !isHarmless });
    }
    this.onCall(request);
    return isHit;
  }

  #fail(request: Request): Promise<Response> {
    const { kind } = this.fault ?? expect.unreachable();
    return kind(
      () => this.organization.handle(request),
      (act) => this.#late.push(act),
    );
  }
}

/** The smoke test as apply runs it, but for the child process: whether a secret connects is asked of the organization. */
export function smokeTest(api: Api, organization: Organization): Verify {
  const connector: Connector = {
    target: async (token) => ({
      path: 'md:',
      options: { motherduck_token: token.reveal() },
      setup: [],
      confine: [],
      shutdown: '',
    }),
    sessionTarget: () => Promise.reject(new Error('no state is kept here')),
    noteShutdown: (username, type) => organization.sleep(username, type),
  };
  const probe = probeOf(organization);
  const session = new SmokeSession({ api, connector, probe, timeout: 10, parallelism: 8 });
  return (account, secrets) => session.test(account, secrets);
}

function probeOf(organization: Organization): ProbeRunner {
  return async (target, request): Promise<ProbeReport> => {
    const connection = await organization.connect(new Secret(target.options.motherduck_token ?? ''));
    if (typeof connection === 'string') {
      return new Map([['connect', { ms: 0, failure: { kind: 'sql', text: connection } }]]);
    }
    const { account, type, identity } = connection;
    const rows: Readonly<Record<string, Record<string, string>>> = {
      user: { username: account.username },
      organization: { org_id: identity.organization, org_name: 'sandbox' },
      size: { type: account.ducklings[type].instance_size },
    };
    const names = ['connect', ...request.steps.map(({ name }) => name), ...(request.shutdown ? ['shutdown'] : [])];
    return new Map(names.map((name) => [name, { ms: 0, answer: { rows: 1, row: rows[name] ?? {} } }]));
  };
}

/** What a run planned of accounts that it could not read, or did not say of them. */
export function plansOfUnread({ plan }: Ran, unread: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const action of plan?.actions ?? []) {
    if (unread.has(action.account))
      found.push(`planned ${action.action} of ${action.account}, which it could not read`);
  }
  for (const username of plan === undefined ? [] : unread) {
    const isSaid = plan?.errors.some(({ account }) => account === username);
    if (!isSaid) found.push(`says nothing of ${username}, which it could not read`);
  }
  return found;
}

/** What a run says that it has done, and has not. */
export function falseOutcomes({ applied }: Ran, world: FaultyWorld): string[] {
  const { accounts } = world.organization.inspect();
  const done = applied?.outcomes.flatMap(({ action, result }) => (result === 'done' ? [action] : [])) ?? [];
  const found = done.filter((action) => {
    const account = accounts.find(({ username }) => username === action.account);
    switch (action.action) {
      case 'create_account':
        return account === undefined;
      case 'delete_account':
        return account !== undefined;
      case 'create_token':
      case 'rotate_token':
        return !account?.tokens.some(({ name }) => name === action.after.name);
      case 'revoke_token':
        return account?.tokens.some(({ id }) => id === action.before.id);
      case 'set_ducklings':
        return account?.ducklings.read_write.instance_size !== action.after.read_write.size;
      default:
        return false;
    }
  });
  return found.map((action) => `says that it did ${action.action} of ${action.account}`);
}
