/** An organization, a state, stores and a configuration in which a random story happens; every run is checked. */
import { apply } from '../../src/apply/apply.ts';
import { refuseViolations } from '../../src/engine/applying.ts';
import { planFrom, readAccounts } from '../../src/engine/planning.ts';
import { inspectStores } from '../../src/engine/store-contents.ts';
import type { Action } from '../../src/model/action.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { State } from '../../src/model/state.ts';
import { type ErrorCode, UserError } from '../../src/model/user-error.ts';
import { type Api, createApi } from '../../src/motherduck/api.ts';
import { createRestClient } from '../../src/motherduck/rest-client.ts';
import type { Transport, TransportRequest, TransportResponse } from '../../src/motherduck/transport.ts';
import { eventLine } from '../../src/report/apply/text.ts';
import { PLAN_FORMATS } from '../../src/report/formats.ts';
import { sandboxTransport } from '../../src/sandbox/sandbox-transport.ts';
import type { NewSecret } from '../../src/secrets/store.ts';
import { contradictionOf } from '../../src/state/contradictions.ts';
import { type StateDocument, serializeState, stateFromDocument } from '../../src/state/state-document.ts';
import { smokeTest } from '../faults/faulty-world.ts';
import { brief, desire, HOUR, MemoryStateWriter, token, World } from '../world.ts';
import { problemsAfterRun, problemsAtEnd, snapshot } from './invariants.ts';
import { Process, RandomStateWriter, RandomStore, storeIn, transportOf } from './process.ts';
import {
  type AccountBlock,
  ODD,
  ODD_USERS,
  PERSONS,
  POLICIES,
  type RunSketch,
  type Step,
  type Story,
  THEIRS,
} from './steps.ts';

const ADMIN = new Secret('admin-of-the-random-test');

export type LiveAccount = ReturnType<World['organization']['inspect']>['accounts'][number];

/** A call that changed something. */
export interface Call {
  readonly method: string;
  readonly account: string;
  /** The id of a revoked token, or of a deleted or created account. */
  readonly id?: string;
  /** The name of a created or revoked token. */
  readonly name?: string;
}

/** A token that the program created. */
export interface MadeToken {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly secret: string;
}

/** Where a secret stands, or stood. */
export interface StoredAt {
  readonly store: string;
  readonly account: string;
  readonly token: string;
  /** When another secret took its place, in milliseconds since 1970. */
  until?: number;
  /** The shortest that the configuration asked for since then, in seconds. */
  overlap: number;
}

/** How a run ended. */
export interface Ran {
  readonly plan?: Plan;
  readonly calls: readonly Call[];
  readonly thrown?: unknown;
  readonly failed: readonly string[];
}

interface Described {
  readonly id: string;
  readonly username?: string;
}

export class RandomWorld {
  readonly organization = new World({ adminToken: ADMIN }).organization;
  readonly stores = new Map([
    ['memory', new RandomStore('memory')],
    ['other', new RandomStore('other')],
  ]);
  /** The states that runs left, also those that were killed, oldest first; the first was there before any run. */
  readonly copies: State[] = [{ ...new MemoryStateWriter().state, lineage: '0b1f2c3d-0000-4000-8000-000000000001' }];
  state: State = this.copies[0] as State;
  desired: Desired = desire({});
  /** What happened, for people. */
  readonly log: string[] = [];
  readonly problems: string[] = [];
  /** Of tokens and accounts that the program created, or adopted by a plan. */
  readonly ours = { users: new Set<string>(), tokens: new Set<string>() };
  readonly made = new Map<string, MadeToken>();
  /** By secret. */
  readonly stored = new Map<string, StoredAt>();
  readonly secrets = new Set<string>();
  /** Tokens that people revoked. */
  readonly revoked = new Set<string>();
  /** An older state was put back. */
  isRestored = false;
  /** What people did to secrets in stores, until another is stored there: by store and token. */
  readonly broken = new Map<string, 'gone' | 'theirs'>();
  /** What is odd of tokens, by id. */
  readonly #odd = new Map<string, object>();
  /** The same, until a newer version could read them. */
  readonly #oddForNow = new Map<string, object>();
  readonly #blocks = new Map<string, AccountBlock>();
  readonly #transport: Transport = sandboxTransport(this.organization, ADMIN);
  /** What a plan reads. */
  readonly #reader: Api = this.#openApi({
    ...this.#transport,
    send: async (request) => this.#withOddities(await this.#transport.send(request)),
  });
  /** What people do at MotherDuck. */
  readonly #byHand: Api = this.#openApi(this.#transport);

  static async of({ configuration, steps, last }: Story): Promise<RandomWorld> {
    const world = new RandomWorld();
    for (const person of PERSONS) await world.organization.addHuman(person);
    for (const username of THEIRS) await world.#byHand.createUser(username);
    for (const [account, block] of Object.entries(configuration)) if (block) world.#blocks.set(account, block);
    world.#configure();
    for (const step of steps) await world.#take(step);
    world.log.push('THE LAST RUN');
    world.#oddForNow.clear();
    await world.#end(last);
    return world;
  }

  account(username: string): LiveAccount | undefined {
    return this.organization.inspect().accounts.find((each) => each.username === username);
  }

  now(): number {
    return this.organization.now();
  }

  /** The secret that programs read for a token. */
  secretOf(account: string, key: string, store: string): string | undefined {
    return this.stores.get(store)?.secrets.get(`${account}/${key}`);
  }

  /** The token that a secret opens. */
  opens(secret: string): MadeToken | undefined {
    const made = [...this.made.values()].find((each) => each.secret === secret);
    return made && this.isLive(made) ? made : undefined;
  }

  isLive({ account, id }: MadeToken): boolean {
    const found = this.account(account);
    const live = found?.isDeprovisioned ? undefined : found?.tokens.find((each) => each.id === id);
    return live !== undefined && (live.expiresAt === null || live.expiresAt > this.now());
  }

  /** In milliseconds since 1970. */
  expiryOf({ account, id }: MadeToken): number {
    const live = this.account(account)?.tokens.find((each) => each.id === id);
    return live?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  /** One more apply in which nothing goes wrong, and the plan after it. */
  async #end({ prune, smoke }: Story['last']): Promise<void> {
    let run: RunSketch = { prune, smoke };
    let ran = await this.run(run);
    // What the user does about a refusal; each can be followed by another.
    for (let answers = 0; answers < 3 && ran.thrown !== undefined; answers += 1) {
      if (isCode(ran.thrown, 'ORGANIZATION_DIFFERS', 'MANY_MISSING')) run = { ...run, allowMissing: true };
      else if (isCode(ran.thrown, 'GUARDRAIL')) run = { ...run, prune: false };
      else if (isCode(ran.thrown, 'STORE_FOREIGN')) for (const each of this.stores.values()) each.isOverwriting = true;
      ran = await this.run(run);
    }
    if (ran.thrown !== undefined) this.problems.push(`the last run failed: ${ran.thrown}`);
    this.problems.push(...ran.failed.map((each) => `the last run: ${each}`));
    // As a process plans that changes nothing.
    const { plan } = await this.#plan(this.#reader, { prune: run.prune === true }, this.state);
    this.problems.push(...problemsAtEnd(this, plan));
  }

  async #take(step: Step): Promise<void> {
    this.log.push(JSON.stringify(step));
    switch (step.step) {
      case 'apply':
        return void (await this.run(step.run));
      case 'configure':
        if (step.block === null) this.#blocks.delete(step.account);
        else this.#blocks.set(step.account, step.block);
        return this.#configure();
      case 'wait':
        return void (await this.organization.advance(step.seconds));
      case 'restore state':
        // Nobody has one sooner.
        await this.organization.advance(2 * HOUR);
        this.isRestored = true;
        this.state = this.#copy(step.runs);
        return;
      case 'other clone': {
        // Longer than the call of a killed run may take.
        await this.organization.advance(400);
        const own = this.state;
        this.state = this.#copy(step.runs);
        await this.run({ rotate: step.rotate, smoke: step.smoke });
        this.state = own;
        return;
      }
      case 'lose store': {
        const { secrets } = this.stores.get(step.store) as RandomStore;
        for (const key of secrets.keys()) this.broken.set(`${step.store} ${key}`, 'gone');
        return secrets.clear();
      }
      case 'edit secret':
        for (const [name, { secrets }] of this.stores) {
          const key = `${step.account}/${step.key}`;
          if (!secrets.has(key)) continue;
          this.broken.set(`${name} ${key}`, step.to);
          if (step.to === 'gone') secrets.delete(key);
          else secrets.set(key, 'of somebody else');
        }
        return;
      case 'delete token': {
        const tokens = this.account(step.account)?.tokens ?? [];
        const found = tokens[step.index % Math.max(1, tokens.length)];
        if (found) this.revoked.add(found.id);
        return found && this.#byHand.deleteToken(step.account, found.id);
      }
      case 'delete account':
        return this.account(step.account) && this.#byHand.deleteUser(step.account);
      case 'create account':
        return this.account(step.account) ? undefined : this.#byHand.createUser(step.account);
      case 'deprovision':
        return this.account(step.account) && this.organization.deprovision(step.account);
      case 'hire':
        return this.account(step.account) ? undefined : this.organization.addHuman(step.account);
      case 'odd tokens':
        for (const { id } of this.account(step.account)?.tokens ?? []) this.#oddForNow.set(id, ODD[step.odd]);
        return;
      case 'no odd tokens':
        return this.#oddForNow.clear();
      case 'create token':
        return this.#createToken(step);
      default:
        return step satisfies never;
    }
  }

  /** The state that was left so many runs before. */
  #copy(runs: number): State {
    return this.copies[Math.max(0, this.copies.length - 1 - runs)] as State;
  }

  async #createToken({ account, name, ttl, odd }: Extract<Step, { step: 'create token' }>): Promise<void> {
    // A name that an interrupted run was about to use: nobody can tell whose token it is.
    const isIntended = this.copies.some((state) =>
      [...(state.accounts.get(account)?.tokens.values() ?? [])].some(({ intents }) =>
        intents.some((intent) => intent.name === name),
      ),
    );
    const live = this.account(account);
    if (!live?.isServiceAccount || live.isDeprovisioned || isIntended) return;
    const request = { name, token_type: 'read_write' as const, ...(ttl === undefined ? {} : { ttl }) };
    const { record, secret } = await this.#byHand.createToken(account, request);
    this.secrets.add(secret.reveal());
    if (odd !== undefined) this.#odd.set(record.id, ODD[odd]);
  }

  #configure(): void {
    this.desired = desire(
      Object.fromEntries(
        [...this.#blocks].map(([username, block]) => [
          username,
          {
            protected: block.protected,
            tokens: Object.entries(block.tokens).map(([key, policy]) => token(key, { policy, ...POLICIES[policy] })),
            ...(block.size
              ? { ducklings: { read_write: { size: block.size }, read_scaling: { size: block.size, pool_size: 2 } } }
              : {}),
          },
        ]),
      ),
      { guardrails: { maxDeletes: 10 } },
    );
    // What is said of a secret in a store holds as long as the configuration has its token, in that store.
    for (const [secret, stored] of this.stored) {
      const desired = this.desired.accounts.get(stored.account)?.tokens.get(stored.token);
      if (desired?.stores.includes(stored.store) !== true) this.stored.delete(secret);
      else stored.overlap = Math.min(stored.overlap, desired.overlap);
    }
  }

  /** Does what `mdacc apply --yes --allow-delete` does. */
  async run(sketch: RunSketch): Promise<Ran> {
    const process = new Process(sketch);
    const before = snapshot(this);
    const calls: Call[] = [];
    const output: string[] = [];
    const ran: { plan?: Plan; thrown?: unknown; failed: string[]; calls: Call[] } = { calls, failed: [] };
    const end = await Promise.race([
      process.killed,
      this.#apply(process, sketch, ran, output).then(
        () => 'done',
        (error: unknown) => {
          ran.thrown = error;
          return error instanceof UserError ? `${error.code}: ${error.message}` : String(error);
        },
      ),
    ]);
    process.end();
    // What was on its way to MotherDuck arrives.
    await new Promise((done) => setImmediate(done));
    if (ran.thrown !== undefined && !(ran.thrown instanceof UserError)) throw ran.thrown;
    output.push(end, ...ran.failed, serializeState(this.state));
    this.log.push(
      `  ${end}: ${brief(ran.plan ?? { actions: [] }).join(', ')}${ran.failed.map((each) => `; ${each}`).join('')}`,
    );
    if (ran.thrown !== undefined && calls.length > 0) this.problems.push(`failed with ${end}, and changed something`);
    this.problems.push(...problemsAfterRun(this, before, ran), ...this.#leaked(output.join('\n')));
    const contradiction = contradictionOf(this.state);
    if (contradiction) this.problems.push(`no run can read the state: ${JSON.stringify(contradiction)}`);
    this.copies.push(this.state);
    // Longer than what MotherDuck's `Date` leaves out.
    await this.organization.advance(2);
    return ran;
  }

  async #plan(api: Api, { prune = false, due = false, allowMissing = false, rotate }: RunSketch, state: State) {
    const { desired } = this;
    const live = await readAccounts({ desired, state, service: { api }, only: () => true, parallelism: 4 }, {});
    const plan = planFrom({
      desired,
      live,
      state,
      service: { claims: [], isSandbox: true },
      stores: this.stores,
      storeContents: await inspectStores(desired, state, this.stores, () => true),
      prune,
      due,
      allowMissing,
      ...(rotate ? { rotate: (account: string) => account === rotate } : {}),
    });
    return { live, plan };
  }

  async #apply(
    process: Process,
    sketch: RunSketch,
    ran: { plan?: Plan; failed: string[]; calls: Call[] },
    output: string[],
  ): Promise<void> {
    const api = this.#openApi(
      transportOf(process, this.#transport, sketch, {
        changed: (request, response) => this.#record(request, response, ran.calls),
        read: (response) => this.#withOddities(response),
        betweenPages: () => this.#betweenPages(sketch),
      }),
    );
    const stateWriter = new RandomStateWriter(read(this.state), process, (state) => {
      this.state = state;
    });
    const { live, plan } = await this.#plan(api, sketch, stateWriter.state);
    ran.plan = plan;
    for (const render of Object.values(PLAN_FORMATS)) output.push(render(plan));
    refuseViolations(plan);
    this.#adopt(plan.actions);
    const done = await apply({
      plan,
      desired: this.desired,
      live,
      api,
      stateWriter,
      stores: new Map(
        [...this.stores].map(([name, store]) => [
          name,
          storeIn(
            process,
            store,
            (put) => sketch.unstored === put,
            (address, secret) => this.#put(name, address, secret),
          ),
        ]),
      ),
      parallelism: 4,
      stopping: new AbortController().signal,
      onEvent: (event) => output.push(eventLine(event)),
      ...(sketch.smoke ? { verify: smokeTest(api, this.organization) } : {}),
    });
    await stateWriter.close();
    await api.close();
    ran.failed.push(
      ...done.outcomes.flatMap(({ action, result, error }) =>
        result === 'done' ? [] : [`${result} ${action.action} ${action.account}: ${error?.message}`],
      ),
      ...done.failures.map(({ message }) => message),
      ...done.smoke.flatMap(({ account, outcome }) => (outcome === 'passed' ? [] : [`${account} ${outcome} its test`])),
    );
    output.push(JSON.stringify(done));
  }

  /** A plan that adopts something names it, so that it is the program's from then on. */
  #adopt(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.action === 'adopt_token') this.ours.tokens.add(action.after.id);
      if (action.action === 'adopt_account') {
        const id = this.account(action.account)?.id;
        if (id !== undefined) this.ours.users.add(id);
      }
    }
  }

  #record({ method, path }: TransportRequest, { status, text }: TransportResponse, calls: Call[]): void {
    if (status !== 200) return;
    const [, , , part = '', what, id] = path.split('/');
    const answer = JSON.parse(text) as { id?: string; name?: string; token?: string; username?: string };
    const account = part === '' ? (answer.username ?? '') : decodeURIComponent(part);
    if (method === 'POST' && what === undefined) {
      const created = this.account(account)?.id ?? '';
      this.ours.users.add(created);
      calls.push({ method: 'POST account', account, id: created });
    } else if (method === 'POST') {
      const { id: created = '', name = '', token: secret = '' } = answer;
      this.ours.tokens.add(created);
      this.made.set(created, { id: created, account, name, secret });
      this.secrets.add(secret);
      calls.push({ method: 'POST token', account, id: created, name });
    } else if (method === 'DELETE' && what === 'tokens') {
      calls.push({ method: 'DELETE token', account, id: id ?? '' });
    } else {
      calls.push({ method: method === 'DELETE' ? 'DELETE account' : 'PUT ducklings', account });
    }
  }

  /** A person is hired, or one leaves, of those who come first in the list. */
  async #betweenPages({ meanwhile }: RunSketch): Promise<void> {
    if (meanwhile === 'joins' && this.account('aaron') === undefined) await this.organization.addHuman('aaron');
    const first = [...PERSONS, 'aaron'].find((person) => this.account(person) !== undefined);
    if (meanwhile === 'leaves' && first !== undefined) await this.#byHand.deleteUser(first);
  }

  /** What programs read for the token from now on. */
  #put(store: string, { account, token: key }: NewSecret, secret: Secret): void {
    for (const other of this.stored.values()) {
      if (other.account === account && other.token === key) other.until ??= this.now();
    }
    this.broken.delete(`${store} ${account}/${key}`);
    const overlap = this.desired.accounts.get(account)?.tokens.get(key)?.overlap ?? 0;
    this.stored.set(secret.reveal(), { store, account, token: key, overlap });
  }

  /** Things of other people as a newer MotherDuck describes them. */
  #withOddities(response: TransportResponse): TransportResponse {
    if (response.status !== 200) return response;
    const answer = JSON.parse(response.text) as { users?: Described[]; tokens?: Described[] };
    const text = JSON.stringify({
      ...answer,
      ...(answer.users && { users: answer.users.map((user) => ({ ...user, ...ODD_USERS[user.username ?? ''] })) }),
      ...(answer.tokens && {
        tokens: answer.tokens.map((token) => ({
          ...token,
          ...this.#odd.get(token.id),
          ...this.#oddForNow.get(token.id),
        })),
      }),
    });
    return { ...response, text };
  }

  #leaked(output: string): string[] {
    // Its last part is the secret one.
    const leaked = [...this.secrets].filter((secret) => output.includes(secret.slice(secret.lastIndexOf('.') + 1)));
    return leaked.map((secret) => `a secret is in the output: ${secret}`);
  }

  #openApi(transport: Transport): Api {
    return createApi(
      createRestClient({
        address: new URL('http://localhost'),
        token: ADMIN,
        parallelism: 8,
        userAgent: 'test',
        transport,
        sleep: async () => {},
      }),
    );
  }
}

function isCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return error instanceof UserError && codes.includes(error.code);
}

/** A state as a next process reads it. */
function read(state: State): State {
  return stateFromDocument(JSON.parse(serializeState(state)) as StateDocument);
}
