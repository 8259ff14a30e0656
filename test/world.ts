/** Builds what plan, apply and audit are tested against: a configuration and a state as values, an organization in memory. */

import { type Applied, apply } from '../src/apply/apply.ts';
import type { ApplyInput } from '../src/apply/apply-input.ts';
import type { StateWriter } from '../src/apply/state-writer.ts';
import { readLive } from '../src/live/read.ts';
import type { Desired, DesiredAccount, DesiredToken, Guardrails } from '../src/model/desired.ts';
import type { DesiredDucklings } from '../src/model/ducklings.ts';
import type { Live } from '../src/model/live.ts';
import type { Plan } from '../src/model/plan.ts';
import { Secret } from '../src/model/secret.ts';
import type { State } from '../src/model/state.ts';
import { isRecordDue, withRun } from '../src/model/state-run.ts';
import { accountKey } from '../src/model/username.ts';
import { type Api, createApi } from '../src/motherduck/api.ts';
import { createRestClient } from '../src/motherduck/rest-client.ts';
import type { Transport, TransportRequest } from '../src/motherduck/transport.ts';
import { accountNames } from '../src/plan/account-names.ts';
import { type MakePlanOptions, makePlan } from '../src/plan/plan.ts';
import { Organization, type OrganizationOptions } from '../src/sandbox/organization.ts';
import type { SandboxEvent } from '../src/sandbox/organization-state.ts';
import { sandboxTransport } from '../src/sandbox/sandbox-transport.ts';
import type { SecretStore } from '../src/secrets/store.ts';
import { fakeTransport } from './fake-transport.ts';
import { MemoryLog } from './sandbox/memory.ts';

export const FILE = 'motherduck.accounts.yaml';
const HERE = { file: FILE, line: 7, column: 3 };
const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A token of the configuration: 90 days, replaced at 14, an overlap of one day. */
export function token(key: string, differs: Partial<DesiredToken> = {}): DesiredToken {
  return {
    key,
    name: key,
    policy: 'pipeline',
    type: 'read_write',
    ttl: 90 * DAY,
    rotateBefore: 14 * DAY,
    overlap: DAY,
    stores: ['memory'],
    location: HERE,
    ...differs,
  };
}

export interface AccountSketch {
  readonly ducklings?: DesiredDucklings;
  readonly tokens?: readonly DesiredToken[];
  readonly protected?: boolean;
  readonly smoke?: DesiredAccount['smoke'];
  /** Its tokens are those that it gets again. */
  readonly suspended?: boolean;
  /** SQL; its hashes are the statements. */
  readonly setup?: readonly string[];
}

function wantedOf({ ducklings, smoke = {}, suspended, setup }: AccountSketch, tokens: DesiredAccount['tokens']) {
  if (suspended) return { tokens: new Map(), suspended: { location: HERE, tokens }, smoke: false as const };
  const statements = setup?.map((sql) => ({ sql, hash: sql, location: HERE }));
  return {
    ...(ducklings ? { ducklings: { ...ducklings, location: HERE } } : {}),
    ...{ tokens, smoke },
    ...(statements ? { setup: statements } : {}),
  };
}

export function desire(
  accounts: Readonly<Record<string, AccountSketch>>,
  differs: Partial<Omit<Desired, 'guardrails'>> & { readonly guardrails?: Partial<Guardrails> } = {},
): Desired {
  return {
    file: FILE,
    organization: 'acme',
    stores: new Map(),
    ignore: [],
    acceptances: [],
    hash: 'h',
    ...differs,
    guardrails: { maxDeletes: 0, allowNeverExpiring: false, ...differs.guardrails },
    accounts: new Map(
      Object.entries(accounts).map(([username, sketch]) => [
        accountKey(username),
        {
          username,
          location: HERE,
          deletionProtection: sketch.protected ?? true,
          ...wantedOf(sketch, new Map((sketch.tokens ?? []).map((each) => [each.key, each]))),
        },
      ]),
    ),
  };
}

/** A state without a file. */
export class MemoryStateWriter implements StateWriter {
  state: State = { organization: 'acme', sandbox: true, lineage: 'l', serial: 0, runs: [], accounts: new Map() };

  get durable(): State {
    return this.state;
  }

  async update(change: (state: State) => State): Promise<void> {
    const changed = change(this.state);
    if (changed !== this.state) this.state = { ...changed, serial: this.state.serial + 1 };
  }

  async confirm(): Promise<void> {}

  note(change: (state: State) => State): void {
    this.state = change(this.state);
  }
}

/** A store without a file; `fails` makes every put throw. */
export class MemoryStore implements SecretStore {
  readonly name: string;
  readonly secrets = new Map<string, string>();
  fails: Error | undefined;
  unusable: Error | undefined;

  constructor(name = 'memory') {
    this.name = name;
  }

  secretPath({ account, token }: { account: string; token: string }): string {
    return `${this.name}#${account}/${token}`;
  }

  async check(): Promise<void> {
    if (this.unusable) throw this.unusable;
  }

  async put({ account, token }: { account: string; token: string }, secret: Secret): Promise<void> {
    if (this.fails) throw this.fails;
    this.secrets.set(`${account}/${token}`, secret.reveal());
  }
}

export interface WorldOptions extends Omit<OrganizationOptions, 'folder'> {
  /** What happened in the organization before. */
  readonly events?: readonly SandboxEvent[];
}

const ADMIN = new Secret('admin-of-this-test');

export class World {
  readonly organization: Organization;
  readonly api: Api;
  stateWriter = new MemoryStateWriter();
  readonly store = new MemoryStore();
  /** By the name that the configuration gives them. */
  stores: ReadonlyMap<string, SecretStore> = new Map([['memory', this.store]]);
  readonly calls: string[] = [];
  /** Answers a request in the organization's place, or undefined to let it through. */
  interfere: ((request: Request) => Promise<Response | undefined> | Response | undefined) | undefined;

  constructor({ events = [], ...options }: WorldOptions = {}) {
    const log = new MemoryLog();
    void log.write(() => ({ events, result: undefined }));
    this.organization = new Organization(log, { adminToken: ADMIN, ...options });
    this.api = this.openApi();
  }

  /** @param timeoutMs of one attempt at a call, in milliseconds */
  openApi(timeoutMs = 30_000): Api {
    const sandbox = sandboxTransport(this.organization, ADMIN);
    const interfered = fakeTransport(
      async (request) => (await this.interfere?.(request.clone())) ?? this.organization.handle(request),
      { timeoutMs, token: ADMIN },
    );
    const transport: Transport = {
      ...sandbox,
      send: (request) => {
        if (request.method !== 'GET') this.calls.push(`${request.method} ${request.path}`);
        return (this.intercepts(request) ? interfered : sandbox).send(request);
      },
    };
    const http = createRestClient({
      address: new URL('http://localhost'),
      token: ADMIN,
      parallelism: 8,
      timeoutMs,
      userAgent: 'test',
      transport,
      sleep: async () => {},
    });
    return createApi(http);
  }

  /** Whether `interfere` is asked about an attempt. */
  protected intercepts(_request: TransportRequest): boolean {
    return this.interfere !== undefined;
  }

  /** Reads what is live of the accounts of the configuration and the state. */
  live(desired: Desired, api = this.api): Promise<Live> {
    const names = accountNames(desired, this.stateWriter.state).map((username) => ({
      username,
      needsDucklings: this.needsDucklings(desired, username),
    }));
    return readLive({ api, names, managed: this.stateWriter.state.accounts, parallelism: 4 });
  }

  protected needsDucklings(_desired: Desired, _username: string): boolean {
    return true;
  }

  async plan(desired: Desired, options: MakePlanOptions = {}): Promise<Plan> {
    return this.planOf(desired, await this.live(desired), options);
  }

  planOf(desired: Desired, live: Live, options: MakePlanOptions = {}): Plan {
    const secretPath: MakePlanOptions['secretPath'] = (account, { key }, store) =>
      (this.stores.get(store) ?? this.store).secretPath({ account, token: key });
    return makePlan(desired, live, this.stateWriter.state, { secretPath, ...options });
  }

  async apply(
    desired: Desired,
    options: MakePlanOptions & {
      readonly verify?: ApplyInput['verify'];
      readonly setUp?: ApplyInput['setUp'];
      readonly stopping?: AbortSignal;
      readonly parallelism?: number;
      readonly onEvent?: ApplyInput['onEvent'];
    } = {},
  ): Promise<Applied & { readonly plan: Plan }> {
    const { verify, setUp, onEvent, stopping = new AbortController().signal, parallelism = 4, ...planning } = options;
    const plan = await this.plan(desired, planning);
    const live = await this.live(desired);
    const applied = await apply({
      plan,
      desired,
      live,
      api: this.api,
      stateWriter: this.stateWriter,
      stores: this.stores,
      parallelism,
      stopping,
      ...(verify ? { verify } : {}),
      ...(setUp ? { setUp } : {}),
      ...(onEvent ? { onEvent } : {}),
    });
    // As the commands do.
    const run = { at: new Date(live.now).toISOString(), counts: {} };
    if (isRecordDue(this.stateWriter.state.runs, run))
      await this.stateWriter.update((state) => ({ ...state, runs: withRun(state.runs, run) })).catch(() => undefined);
    return { ...applied, plan };
  }

  /** The names of an account's live tokens, in order; undefined when the account is not there. */
  tokenNames(username: string): string[] | undefined {
    const account = this.organization.inspect().accounts.find((each) => each.username === username);
    return account?.tokens.map((each) => each.name).sort();
  }
}

/** A verification in which `etl_prod` fails its smoke test. */
export async function failsSmoke() {
  return { account: 'etl_prod', outcome: 'failed', verified: [], connections: [], warnings: [], ms: 0 } as const;
}

/** The actions of a plan in short: `rotate_token etl_prod/airflow`. */
export function brief(plan: Pick<Plan, 'actions'>): string[] {
  return plan.actions.map((action) => {
    const part = 'token' in action && action.token !== undefined ? `/${action.token}` : '';
    return `${action.action} ${action.account}${part}`;
  });
}
