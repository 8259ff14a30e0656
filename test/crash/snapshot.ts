/** The three readings at one moment: the configuration, the state, and the organization. */
import { dirname } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Desired, DesiredToken } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { State, StateToken } from '../../src/model/state.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { readState } from '../../src/state/read-state.ts';
import { CONFIG } from '../stage.ts';
import { brief } from '../world.ts';
import type { CrashStage } from './crash-stage.ts';

export type LiveAccount = ReturnType<Organization['inspect']>['accounts'][number];
export type LiveToken = LiveAccount['tokens'][number];

export class Snapshot {
  readonly desired: Desired;
  /** Undefined: never written. */
  readonly state: State | undefined;
  readonly accounts: readonly LiveAccount[];
  readonly now: number;

  private constructor(stage: CrashStage, desired: Desired, state: State | undefined) {
    this.desired = desired;
    this.state = state;
    this.accounts = stage.organization.inspect().accounts;
    this.now = stage.organization.now();
  }

  /** @throws when the configuration or the state cannot be read */
  static async take(stage: CrashStage): Promise<Snapshot> {
    const loaded = await loadConfig(stage.file(CONFIG), {});
    if (!loaded.ok) throw new Error(`the configuration has errors: ${JSON.stringify(loaded.diagnostics)}`);
    const { desired } = loaded;
    const read = await readState(await stage.backend(), {
      organization: desired.organization,
      sandbox: true,
      folder: dirname(stage.file(CONFIG)),
    });
    return new Snapshot(stage, desired, read?.state);
  }

  /** Every token of the configuration, with what there is of it. */
  desiredTokens() {
    return [...this.desired.accounts].flatMap(([account, { tokens }]) =>
      [...tokens.values()].map((token: DesiredToken) => {
        const current = this.stateTokens(account).get(token.key)?.current;
        const live = this.tokens(account).find(({ id }) => id === current?.id);
        return { name: `${account}/${token.key}`, account, token, current, live };
      }),
    );
  }

  tokens(username: string): readonly LiveToken[] {
    return this.accounts.find((account) => account.username === username)?.tokens ?? [];
  }

  stateTokens(username: string): ReadonlyMap<string, StateToken> {
    return this.state?.accounts.get(username)?.tokens ?? new Map();
  }

  isManaged(username: string): boolean {
    return this.desired.accounts.has(username) || this.state?.accounts.has(username) === true;
  }

  isExpired({ expiresAt }: LiveToken): boolean {
    return expiresAt !== null && expiresAt <= this.now;
  }
}

/** What `plan --prune` says now, in short. */
export async function planned(stage: CrashStage): Promise<string[]> {
  const { stdout, stderr } = await stage.run('plan --prune --format json');
  if (stderr !== '') return [stderr];
  const plan = JSON.parse(stdout) as Pick<Plan, 'actions' | 'errors'>;
  return [...brief(plan), ...plan.errors.map((error) => JSON.stringify(error))];
}
