/** An organization in this process and all around it: what commands find there, run after run, whatever goes wrong. */
import { type Applied, apply } from '../../src/apply/apply.ts';
import type { StateWriter } from '../../src/apply/state-writer.ts';
import { readLive } from '../../src/live/read.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Live } from '../../src/model/live.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { State } from '../../src/model/state.ts';
import { accountKey } from '../../src/model/username.ts';
import { type Api, createApi } from '../../src/motherduck/api.ts';
import { createRestClient } from '../../src/motherduck/rest-client.ts';
import { accountNames, makePlan, type PlanOptions } from '../../src/plan/plan.ts';
import { MemoryLog } from '../../src/sandbox/log.ts';
import { Organization } from '../../src/sandbox/organization.ts';
import type { SandboxEvent } from '../../src/sandbox/organization-state.ts';
import type { SecretStore } from '../../src/secrets/store.ts';
import { fakeTransport } from '../fake-transport.ts';
import { MemoryLedger, MemoryStore } from '../world.ts';
import { type Prove, proverOf } from './connector.ts';
import { DiskLedger } from './disk.ts';
import { SLOW, type Trouble } from './trouble.ts';

const ADMIN = new Secret('admin-of-this-test');

export interface RunOptions extends PlanOptions {
  /** false: as with --no-smoke; a function: in the place of the smoke test. */
  readonly smoke?: false | Prove;
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

export class Site {
  readonly organization: Organization;
  stateWriter: StateWriter & { readonly durable: State };
  readonly memory = new MemoryStore();
  /** By the name that the configuration gives them. */
  stores: ReadonlyMap<string, SecretStore> = new Map([['memory', this.memory]]);
  trouble: Trouble | undefined;
  /** Sees every call before it is made; what it throws is a broken connection. */
  onCall: (request: Request) => void = () => {};
  /** Told of every action and every test that is begun. */
  onBegin: (what: string) => void = () => {};
  #isReading = false;
  /** The calls of the last reading about an account, and whether the last attempt at each was struck. */
  readonly #readings = new Map<string, { readonly username: string; readonly isBad: boolean }>();
  #late: (() => Promise<unknown>)[] = [];

  constructor(events: readonly SandboxEvent[] = [], state?: State) {
    const log = new MemoryLog();
    void log.write(() => ({ events, result: undefined }));
    this.organization = new Organization(log, { adminToken: ADMIN });
    const lineage = '0b1f2c3d-0000-4000-8000-000000000001';
    this.stateWriter = new DiskLedger(state ?? { ...new MemoryLedger().state, lineage });
  }

  api(timeoutMs = 30_000): Api {
    return createApi(
      createRestClient({
        address: new URL('http://localhost'),
        token: ADMIN,
        parallelism: 8,
        timeoutMs,
        userAgent: 'test',
        transport: fakeTransport((request) => this.#respond(request), { timeoutMs, token: ADMIN }),
        sleep: async () => {},
      }),
    );
  }

  /** Does what `mdacc apply --yes` does, up to its report. */
  async run(desired: Desired, options: RunOptions = {}): Promise<Ran> {
    const { smoke, timeoutMs, ...planning } = options;
    const api = this.api(timeoutMs);
    let begun = 0;
    const ran: { live?: Live; plan?: Plan; applied?: Applied; thrown?: unknown } = {};
    try {
      ran.live = await this.read(desired, api);
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
        ...(smoke === false ? {} : { verify: smoke ?? proverOf(api, this.organization) }),
      });
    } catch (error) {
      ran.thrown = error;
    }
    await api.close();
    // All of this can go on without the event loop's turn, and what WeakRefs saw is freed only then.
    await new Promise((done) => setImmediate(done));
    return { ...ran, begun };
  }

  async plan(desired: Desired, options: PlanOptions = {}): Promise<Plan> {
    return this.planOf(desired, await this.read(desired, this.api()), options);
  }

  planOf(desired: Desired, live: Live, options: PlanOptions): Plan {
    const secretPath: PlanOptions['secretPath'] = (account, { key, store }) =>
      this.stores.get(store)?.secretPath({ account, token: key });
    return makePlan(desired, live, this.stateWriter.state, { secretPath, ...options });
  }

  async read(desired: Desired, api: Api): Promise<Live> {
    const names = accountNames(desired, this.stateWriter.state).map((username) => ({
      username,
      needsDucklings: desired.accounts.get(accountKey(username))?.ducklings !== undefined,
    }));
    this.#readings.clear();
    this.#isReading = true;
    try {
      return await readLive({ api, names, parallelism: 4 });
    } finally {
      this.#isReading = false;
    }
  }

  /** The accounts of which a call of the last reading ended badly. */
  unread(): ReadonlySet<string> {
    return new Set([...this.#readings.values()].flatMap(({ username, isBad }) => (isBad ? [username] : [])));
  }

  /** The process is gone, with what it had not written; what was on its way to MotherDuck arrives; all works again. */
  async restart(): Promise<void> {
    for (const act of this.#late.splice(0)) await act();
    this.trouble = undefined;
    this.onCall = () => {};
    this.onBegin = () => {};
    this.stores = new Map([['memory', this.memory]]);
    this.stateWriter = new DiskLedger(this.stateWriter.durable);
    // Longer than what MotherDuck's `Date` leaves out.
    await this.organization.advance(2);
  }

  async #respond(request: Request): Promise<Response> {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    const isStruck = this.trouble?.strikes(call) ?? false;
    const isHarmless = this.trouble !== undefined && Object.values(SLOW).includes(this.trouble.kind);
    const [, username] = /^GET \/v1\/users\/([^/]+)\/\w+$/.exec(call) ?? [];
    if (this.#isReading && username !== undefined) {
      this.#readings.set(call, { username, isBad: isStruck && !isHarmless });
    }
    this.onCall(request);
    if (!isStruck || this.trouble === undefined) return this.organization.handle(request);
    const { kind } = this.trouble;
    return kind(
      () => this.organization.handle(request),
      (act) => this.#late.push(act),
    );
  }
}

/** What is wrong with how a run ended, beside what a fault may cost. */
export function misdeeds({ plan }: Ran, unread: ReadonlySet<string>): string[] {
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
export function lies({ applied }: Ran, site: Site): string[] {
  const { accounts } = site.organization.inspect();
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
