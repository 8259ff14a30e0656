/** An organization in which every rule finds exactly one thing, each made the way it happens in practice. */
import type { AuditReadings } from '../../src/audit/evidence.ts';
import type { Desired, SecretStoreConfig } from '../../src/model/desired.ts';
import { UserError } from '../../src/model/user-error.ts';
import { accountKey } from '../../src/model/username.ts';
import { type AccountSketch, DAY, desire, token, World } from '../world.ts';
import { fails, passes, refuses } from './auditing.ts';

const SMALL = { read_write: { size: 'pulse' }, read_scaling: { size: 'pulse', pool_size: 0 } } as const;
const WIRE_SMALL = {
  read_write: { instance_size: 'pulse' },
  read_scaling: { instance_size: 'pulse', flock_size: 0 },
} as const;

/** One load token, and Ducklings without a pool: nothing to find. */
export const CLEAN: AccountSketch = { ducklings: SMALL, tokens: [token('load')] };

/** What stays the same in the configuration all the time. */
const KEPT: Readonly<Record<string, AccountSketch>> = {
  admin_bot: CLEAN,
  browsed: CLEAN,
  deleted: CLEAN,
  expired: { ...CLEAN, tokens: [token('load', { ttl: 30 * DAY, rotateBefore: 7 * DAY })] },
  failing: CLEAN,
  flying: CLEAN,
  former: CLEAN,
  half_done: CLEAN,
  half_stored: CLEAN,
  idle: CLEAN,
  laptop: CLEAN,
  lingering: CLEAN,
  outdated: CLEAN,
  overdue: { ...CLEAN, tokens: [token('load', { ttl: 45 * DAY })] },
  poolless: { ...CLEAN, tokens: [token('app', { type: 'read_scaling' })] },
  resized: CLEAN,
  revoked: CLEAN,
  sealed: CLEAN,
  tokenless: { ...CLEAN, ducklings: { ...SMALL, read_scaling: { size: 'pulse', pool_size: 2 } } },
  twins: CLEAN,
  wide: { tokens: [token('app', { type: 'read_scaling' })] },
};

const GUARDRAILS = { maxTokenTtl: 180 * DAY, allowedSizes: ['pulse', 'standard'], maxPoolSizeTotal: 32 } as const;
const MEMORY = {
  kind: 'exec',
  name: 'memory',
  command: ['vault'],
  folder: '/',
  timeout: 10,
  location: { file: 'motherduck.accounts.yaml', line: 5, column: 3 },
} as const;

const ACCEPTANCES = [
  { rule: 'MDA014', accounts: ['nobody_*'], reason: 'kept warm', location: { ...MEMORY.location, line: 90 } },
  { rule: 'MDA001', reason: 'another team', until: '2026-01-31', location: { ...MEMORY.location, line: 91 } },
];

const DISK = { kind: 'file', name: 'disk', location: { ...MEMORY.location, line: 6 } };

function configured(accounts: Readonly<Record<string, AccountSketch>>): Desired {
  const about = {
    guardrails: GUARDRAILS,
    ignore: ['legacy_*'],
    stores: new Map<string, SecretStoreConfig>([
      ['memory', MEMORY],
      ['disk', DISK],
    ]),
    acceptances: ACCEPTANCES,
  };
  return desire({ ...KEPT, ...accounts }, about);
}

const WITHOUT_TOKENS: AccountSketch = { ducklings: SMALL, tokens: [] };

/** What was applied 40 days ago. */
const BEFORE = configured({
  changed: CLEAN,
  crooked: CLEAN,
  dropped: CLEAN,
  leaver: {
    tokens: [token('load', { ttl: 45 * DAY })],
    ducklings: { ...SMALL, read_write: { size: 'standard', cooldown: 3600 } },
  },
  locked: CLEAN,
  kept: WITHOUT_TOKENS,
  newcomer: WITHOUT_TOKENS,
  trimmed: { ...CLEAN, tokens: [token('load'), token('report')] },
  unprotected: CLEAN,
});

/** What is configured now. */
const NOW = configured({
  adopted: { ...CLEAN, tokens: [token('app')], smoke: false },
  aged: { ...CLEAN, tokens: [token('app', { ttl: 30 * DAY, rotateBefore: 7 * DAY })] },
  changed: { ...CLEAN, tokens: [token('load', { ttl: 60 * DAY })] },
  crooked: { ...CLEAN, setup: ['SELECT 2'] },
  curtailed: CLEAN,
  locked: { ...CLEAN, suspended: true },
  newcomer: CLEAN,
  sealed: { ...CLEAN, tokens: [token('load', { stores: ['disk'] })] },
  trimmed: CLEAN,
  unprotected: { ...CLEAN, protected: false, setup: ['SELECT 1'] },
  untested: CLEAN,
});

/** Everyone ran a query an hour ago, but for one, and one never on the size that it has. */
function usageAt(now: number, world: World): NonNullable<AuditReadings['usage']> {
  const names = world.organization.inspect().accounts.map(({ username }) => accountKey(username));
  const lastQueryAt = new Map(names.map((name) => [name, now - 3_600_000]));
  lastQueryAt.set('idle', now - 35.5 * DAY * 1000);
  const hours = new Map(names.map((name) => [name, new Map([[name === 'leaver' ? 'pulse' : 'standard', 12]])]));
  return {
    idleSeconds: 30 * DAY,
    reading: { ok: true, lastQueryAt },
    compute: { ok: true, value: { since: now - 60 * DAY * 1000, hours } },
    storage: { ok: true, value: new Map([['leaver', { databases: 3, bytes: 1_234_000_000 }]]) },
  };
}

async function longAgo(world: World): Promise<void> {
  await world.api.createUser('aged');
  await world.api.setDucklings('aged', WIRE_SMALL);
  await world.api.createToken('aged', { name: 'app', ttl: 120 * DAY });
  await world.apply(BEFORE, { verify: passes });
  await world.apply(BEFORE, { verify: passes, rotate: (username) => username === 'lingering' });
  await world.organization.advance(40.5 * DAY);
}

/** What mdacc itself did since. */
async function applies(world: World): Promise<void> {
  const apply = (account: string, options: Parameters<World['apply']>[1] = {}) =>
    world.apply(NOW, { only: (username) => username === account, ...options });
  await world.api.createUser('adopted');
  await world.api.setDucklings('adopted', WIRE_SMALL);
  await world.api.createToken('adopted', { name: 'app', ttl: 90 * DAY });
  await apply('adopted');
  await apply('untested');
  world.interfere = async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
    const body = { ...((await request.clone().json()) as object), ttl: 80 * DAY };
    return world.organization.handle(new Request(request, { body: JSON.stringify(body) }));
  };
  await apply('curtailed', { verify: passes });
  world.interfere = undefined;
  await apply('crooked', { verify: passes, setUp: refuses });
  await apply('failing', { verify: fails, rotate: () => true });
  world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
  world.interfere = ({ method }) => (method === 'DELETE' ? new Response('<html>', { status: 503 }) : undefined);
  await apply('half_done', { rotate: () => true });
  world.interfere = undefined;
  await apply('half_stored', { rotate: () => true });
  world.store.fails = undefined;
}

/** What people did at MotherDuck since. */
async function people({ api, organization, stateWriter }: World): Promise<void> {
  await api.createUser('stray');
  await api.setDucklings('stray', { ...WIRE_SMALL, read_write: { instance_size: 'giga' } });
  await api.createToken('stray', { name: 'forever' });
  await api.createToken('stray', { name: 'a year', ttl: 365 * DAY });
  await api.createToken('laptop', { name: 'annas laptop', ttl: 90 * DAY });
  await api.createToken('outdated', { name: 'load.2', ttl: 90 * DAY });
  for (const _ of [1, 2]) await api.createToken('twins', { name: 'report', ttl: 90 * DAY });
  await api.setDucklings('resized', { ...WIRE_SMALL, read_write: { instance_size: 'standard' } });
  await api.setDucklings('wide', { ...WIRE_SMALL, read_scaling: { instance_size: 'pulse', flock_size: 40 } });
  await api.deleteToken('revoked', stateWriter.state.accounts.get('revoked')?.tokens.get('load')?.current?.id ?? '');
  await organization.mint({ username: 'browsed', name: 'MotherDuck Extension', ttl: 90 * DAY });
  await organization.mint({ username: 'flying', name: 'MotherDuck Flights' });
  await api.deleteUser('deleted');
  await organization.deprovision('former');
  await organization.setRoles('admin_bot', ['admin']);
  const { record, secret } = await api.createToken('leaver', { name: 'by hand' });
  await organization.connect(secret);
  await api.deleteToken('leaver', record.id);
}

/** What no rule may find: people, deprovisioned and ignored accounts. */
async function bystanders({ api, organization }: World): Promise<void> {
  await organization.addHuman('anna');
  await organization.mint({ username: 'anna', name: 'forever' });
  await api.createUser('long_gone');
  await organization.deprovision('long_gone');
  await api.createUser('legacy_1');
  await api.createToken('legacy_1', { name: 'forever' });
}

export interface Seeded {
  readonly world: World;
  readonly desired: Desired;
  /** What cannot be read from the organization itself. */
  readonly readings: Partial<AuditReadings>;
}

export async function seeded(): Promise<Seeded> {
  const world = new World();
  await longAgo(world);
  await applies(world);
  await people(world);
  await bystanders(world);
  world.interfere = ({ url }) => (url.includes('/users/sealed/') ? new Response('<html>', { status: 502 }) : undefined);
  const why = new UserError('STORE_UNUSABLE', 'The secret store memory cannot be used: it is sealed', 'Unseal it.', {
    location: MEMORY.location,
  });
  const usage = usageAt(world.organization.now(), world);
  return {
    world,
    desired: NOW,
    readings: {
      isCi: true,
      machineStores: new Set(['disk']),
      adminToken: { source: 'MOTHERDUCK_ADMIN_TOKEN', expiresAt: world.organization.now() + 3.5 * 86_400_000 },
      unusableStores: new Map([['memory', why]]),
      lostSecrets: new Map([['untested/load', ['memory']]]),
      usage,
    },
  };
}
