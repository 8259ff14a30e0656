/** All there is at one moment: what the configuration wants, what the state holds, what the organization has. */
import { loadConfig } from '../../src/config/load.ts';
import { readLive } from '../../src/live/read.ts';
import type { Desired, DesiredToken } from '../../src/model/desired.ts';
import { Secret } from '../../src/model/secret.ts';
import type { State, StateToken } from '../../src/model/state.ts';
import { createApi } from '../../src/motherduck/api.ts';
import { createRestClient } from '../../src/motherduck/rest-client.ts';
import { accountNames, makePlan } from '../../src/plan/plan.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { sandboxTransport } from '../../src/sandbox/sandbox-transport.ts';
import { openStores } from '../../src/secrets/stores.ts';
import { MIGRATIONS } from '../../src/state/migrate.ts';
import { readState } from '../../src/state/read-state.ts';
import { ADMIN, CONFIG, STATE, type Stage } from './stage.ts';

export type LiveAccount = ReturnType<Organization['inspect']>['accounts'][number];
export type LiveToken = LiveAccount['tokens'][number];

export class Picture {
  readonly desired: Desired;
  /** Undefined: never written. */
  readonly state: State | undefined;
  readonly accounts: readonly LiveAccount[];
  readonly now: number;

  private constructor(stage: Stage, desired: Desired, state: State | undefined) {
    this.desired = desired;
    this.state = state;
    this.accounts = stage.organization.inspect().accounts;
    this.now = stage.organization.now();
  }

  /** @throws when the configuration or the state cannot be read */
  static async take(stage: Stage): Promise<Picture> {
    const loaded = await loadConfig(stage.file(CONFIG), {});
    if (!loaded.ok) throw new Error(`the configuration has errors: ${JSON.stringify(loaded.diagnostics)}`);
    const { desired } = loaded;
    const read = await readState(stage.file(STATE), { organization: desired.organization, sandbox: true }, MIGRATIONS);
    return new Picture(stage, desired, read?.state);
  }

  /** Every token of the configuration, with what there is of it. */
  wanted() {
    return [...this.desired.accounts].flatMap(([account, { tokens }]) =>
      [...tokens.values()].map((token: DesiredToken) => {
        const current = this.held(account).get(token.key)?.current;
        const live = this.tokens(account).find(({ id }) => id === current?.id);
        return { name: `${account}/${token.key}`, account, token, current, live };
      }),
    );
  }

  tokens(username: string): readonly LiveToken[] {
    return this.accounts.find((account) => account.username === username)?.tokens ?? [];
  }

  held(username: string): ReadonlyMap<string, StateToken> {
    return this.state?.accounts.get(username)?.tokens ?? new Map();
  }

  isManaged(username: string): boolean {
    return this.desired.accounts.has(username) || this.state?.accounts.has(username) === true;
  }

  isExpired({ expiresAt }: LiveToken): boolean {
    return expiresAt !== null && expiresAt <= this.now;
  }
}

/** What `plan --prune` would say now, in short. In this process, since it changes nothing and is asked often. */
export async function planned(stage: Stage): Promise<string[]> {
  const { desired, state } = await Picture.take(stage);
  if (state === undefined) return ['there is no state'];
  const http = createRestClient({
    address: new URL('http://localhost'),
    token: new Secret(ADMIN),
    parallelism: 4,
    userAgent: 'crash harness',
    transport: sandboxTransport(stage.organization, new Secret(ADMIN)),
  });
  const names = accountNames(desired, state).map((username) => ({ username, needsDucklings: true }));
  const live = await readLive({ api: createApi(http), names, parallelism: 4 });
  await http.close();
  const stores = openStores(desired.stores);
  const plan = makePlan(desired, live, state, {
    prune: true,
    sandbox: true,
    secretPath: (account, { key, store }) => stores.get(store)?.secretPath({ account, token: key }),
  });
  const actions = plan.actions.map((each) => {
    const token = 'token' in each && each.token !== undefined ? `/${each.token}` : '';
    return `${each.action} ${each.account}${token}`;
  });
  return [...actions, ...plan.errors.map((error) => JSON.stringify(error))];
}
