/** Reads a world as `mdacc audit` does, and audits it. */
import { audit } from '../../src/audit/audit.ts';
import { type AuditReadings, type Evidence, joinEvidence } from '../../src/audit/evidence.ts';
import { readLive } from '../../src/live/read.ts';
import type { Audit } from '../../src/model/audit.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Live } from '../../src/model/live.ts';
import type { SetupOutcome } from '../../src/model/setup.ts';
import type { AccountSmoke } from '../../src/model/smoke.ts';
import { UserError } from '../../src/model/user-error.ts';
import { globMatcher } from '../../src/model/username.ts';
import { accountNames } from '../../src/plan/account-names.ts';
import type { World } from '../world.ts';

export function liveOf(world: World, desired: Desired): Promise<Live> {
  const isIgnored = globMatcher(desired.ignore);
  return readLive({
    api: world.api,
    names: accountNames(desired, world.stateWriter.state).map((username) => ({ username, needsDucklings: true })),
    others: ({ username }) => !isIgnored(username),
    managed: world.stateWriter.state.accounts,
    parallelism: 8,
  });
}

export async function evidenceOf(
  world: World,
  desired: Desired,
  differs: Partial<AuditReadings> = {},
): Promise<Evidence> {
  return joinEvidence({
    desired,
    live: differs.live ?? (await liveOf(world, desired)),
    state: world.stateWriter.state,
    sandbox: true,
    active: { ok: true, accounts: await world.api.activeAccounts() },
    unusableStores: new Map(),
    secretPath: (account, { key }) => world.store.secretPath({ account, token: key }),
    ...differs,
  });
}

export async function auditOf(world: World, desired: Desired, differs: Partial<AuditReadings> = {}): Promise<Audit> {
  return audit(await evidenceOf(world, desired, differs));
}

/** What was found, in short: `MDA002 etl_prod/laptop`. */
export function found({ findings }: Audit): string[] {
  return findings.map(({ rule, account, token }) =>
    [rule, [account, token].filter((part) => part !== undefined).join('/')].join(' ').trim(),
  );
}

/** A smoke test that every account passes with all of its new tokens. */
export async function passes({ username }: { username: string }, fresh: ReadonlyMap<string, unknown>) {
  return smokeOf(username, 'passed', [...fresh.keys()]);
}

export async function fails({ username }: { username: string }) {
  return smokeOf(username, 'failed', []);
}

/** A setup whose first statement is refused. */
export async function refuses(): Promise<SetupOutcome> {
  return { done: 0, error: new UserError('SETUP_FAILED', 'no database named sales found', 'Create it.') };
}

function smokeOf(account: string, outcome: AccountSmoke['outcome'], verified: readonly string[]): AccountSmoke {
  return { account, outcome, verified, connections: [], warnings: [], ms: 1 };
}
