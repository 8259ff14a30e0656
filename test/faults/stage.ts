/** One organization in which a single plan has everything to do, and what must be true when it was done. */
import { updateToken } from '../../src/apply/state-writer.ts';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import type { RetiringToken, State, StateToken } from '../../src/model/state.ts';
import type { Api } from '../../src/motherduck/api.ts';
import { hashOf } from '../../src/sandbox/authentication.ts';
import type { SandboxEvent, Token } from '../../src/sandbox/organization-state.ts';
import { type AccountSketch, brief, DAY, desire, token } from '../world.ts';
import { type Ran, Site } from './site.ts';

const MANAGED: AccountSketch['ducklings'] = {
  read_write: { size: 'standard', cooldown: 600 },
  read_scaling: { size: 'pulse', pool_size: 2 },
};

const STAYING = [
  token('airflow'), // due
  token('zero', { overlap: 0 }), // due, without an overlap
  token('aging'), // replaced three days ago: its overlap has ended
  token('orphan'), // a run was killed while replacing it
  token('gone'), // revoked by hand
  token('lapsed', { ttl: 77 * DAY, rotateBefore: DAY }), // expired
];
const OTHERS = {
  waiting: { tokens: [token('slow')] }, // replaced, and its replacement not yet seen to connect
  again: { tokens: [token('job')] }, // deleted by hand
} satisfies Record<string, AccountSketch>;

const BEFORE = desire({
  etl_prod: { ducklings: MANAGED, tokens: [...STAYING, token('old'), token('lost')] },
  ...OTHERS,
  leaver: { tokens: [token('job')], protected: false },
  ghost: { tokens: [token('job')], protected: false },
});

/** What the configuration wants of the stage. */
export const AFTER = desire(
  {
    fresh: { ducklings: MANAGED, tokens: [token('app', { type: 'read_scaling' }), token('load')] },
    etl_prod: { ducklings: MANAGED, tokens: STAYING },
    found: { ducklings: MANAGED, tokens: [token('app'), token('due'), token('more')] },
    ...OTHERS,
  },
  { guardrails: { maxDeletes: 1 } },
);

/** Something of every kind that a plan can have. */
export const PLANNED = [
  'create_account fresh',
  'create_account again',
  'adopt_account found',
  'set_ducklings fresh',
  'set_ducklings etl_prod',
  'create_token fresh/app',
  'create_token etl_prod/gone',
  'create_token etl_prod/lapsed',
  'adopt_token found/app',
  'rotate_token etl_prod/airflow',
  'rotate_token etl_prod/zero',
  'rotate_token etl_prod/orphan',
  'rotate_token found/due',
  'revoke_token etl_prod/aging',
  'revoke_token etl_prod/orphan',
  'revoke_token etl_prod/old',
  'revoke_token etl_prod',
  'forget etl_prod/lost',
  'forget ghost',
  'delete_account leaver',
];

export interface Stage {
  readonly events: readonly SandboxEvent[];
  readonly state: State;
  readonly held: ReadonlyMap<string, string>;
  /** Secrets that a program read before: each must connect all the while. */
  readonly inUse: readonly Secret[];
  /** Ids of tokens that are nobody's business. */
  readonly unmanaged: readonly string[];
  /** The token that is adopted and stays. */
  readonly adopted: string;
}

/** Makes the stage once; each test opens it anew. */
export async function setStage(): Promise<Stage> {
  const site = new Site();
  const api = site.api();
  await site.run(BEFORE);
  await site.organization.advance(75 * DAY);
  const rotate = (_: string, key: string) => key === 'aging' || key === 'slow';
  const inUse = [read(site, 'waiting/slow'), read(site, 'etl_prod/airflow')];
  await site.run(desireOnly('etl_prod'), { rotate });
  await site.run(desireOnly('waiting'), { rotate, smoke: async (account) => failed(account.username) });
  await site.organization.advance(3 * DAY);
  await interrupt(site, api);
  await meddle(site, api);
  const due = await api.createToken('found', { name: 'due', ttl: 10 * DAY });
  const adopted = await api.createToken('found', { name: 'app', ttl: 50 * DAY });
  return {
    events: site.organization.inspect().events,
    state: site.stateWriter.durable,
    held: new Map(site.memory.held),
    inUse: [...inUse, read(site, 'etl_prod/aging'), due.secret, adopted.secret],
    unmanaged: idsOf(site, (name) => name === 'laptop'),
    adopted: adopted.record.id,
  };
}

export function openStage({ events, state, held }: Stage): Site {
  const site = new Site(events, state);
  for (const [secretPath, secret] of held) site.memory.held.set(secretPath, secret);
  return site;
}

function desireOnly(username: string) {
  return { ...BEFORE, accounts: new Map([...BEFORE.accounts].filter(([key]) => key === username)) };
}

function failed(account: string) {
  return { account, outcome: 'failed', verified: [], connections: [], warnings: [], ms: 0 } as const;
}

/** A run was killed after it had made and stored `orphan.2`, before it could note that. */
async function interrupt(site: Site, api: Api): Promise<void> {
  const intent = { name: 'orphan.2', generation: 2, at: new Date(api.now()).toISOString() };
  await updateToken(site.stateWriter, 'etl_prod', 'orphan', (held) => ({ ...held, generation: 2, intents: [intent] }));
  const { secret } = await api.createToken('etl_prod', { name: 'orphan.2', ttl: 90 * DAY });
  site.memory.held.set('etl_prod/orphan', secret.reveal());
}

/** What people and other programs did meanwhile. */
async function meddle(site: Site, api: Api): Promise<void> {
  await api.deleteUser('ghost');
  await api.deleteUser('again');
  for (const name of ['gone', 'lost']) {
    for (const id of idsOf(site, (other) => other === name)) await api.deleteToken('etl_prod', id);
  }
  await api.setDucklings('etl_prod', {
    read_write: { instance_size: 'jumbo' },
    read_scaling: { instance_size: 'pulse', flock_size: 7 },
  });
  for (const username of ['found', 'legacy']) await api.createUser(username);
  for (const username of ['found', 'legacy', 'etl_prod']) await api.createToken(username, { name: 'laptop' });
  await api.createToken('etl_prod', { name: 'mdacc smoke', ttl: 300 });
}

function idsOf(site: Site, fits: (name: string) => boolean): string[] {
  const tokens = site.organization.inspect().accounts.flatMap((account) => account.tokens);
  return tokens.filter(({ name }) => fits(name)).map(({ id }) => id);
}

function read(site: Site, secretPath: string): Secret {
  return new Secret(site.memory.held.get(secretPath) ?? '');
}

/** Programs that use what they read before, or what they read now. */
export async function disconnected(site: Site, stage: Stage): Promise<string[]> {
  const kept = ['airflow', 'zero', 'aging', 'orphan'].map((key) => `etl_prod/${key}`);
  const now = [...kept, 'waiting/slow'].map(
    (secretPath) => [`what ${secretPath} holds`, read(site, secretPath)] as const,
  );
  const used = stage.inUse.map((secret, index) => [`a secret in use (${index})`, secret] as const);
  const found: string[] = [];
  for (const [what, secret] of [...used, ...now]) {
    if (typeof (await site.organization.connect(secret)) === 'string') found.push(`${what} does not connect`);
  }
  return found;
}

/** What is not as it must be after the stage's plan was done. */
export async function differences(site: Site, stage: Stage, { applied, thrown }: Ran, next: Plan): Promise<string[]> {
  const outcomes = applied?.outcomes ?? [];
  const events = site.organization.inspect().events;
  const deleted = events.flatMap((event) => (event.event === 'account_deleted' ? [event.account] : []));
  return [
    ...(applied === undefined ? [`the clean run threw ${thrown}`] : []),
    ...outcomes.flatMap(({ action, result, error }) =>
      result === 'done' ? [] : [`${action.action} of ${action.account} ${result}: ${error?.message}`],
    ),
    ...(applied?.smoke ?? []).flatMap(({ account, outcome }) =>
      outcome === 'passed' ? [] : [`${account} ${outcome}`],
    ),
    ...brief(next).map((action) => `planned again: ${action}`),
    ...[...next.retest, ...next.retained, ...next.errors.map((error) => JSON.stringify(error))].map(
      (each) => `remains: ${each}`,
    ),
    ...differ('unmanaged accounts', next.unmanaged.accounts ?? [], ['legacy']),
    ...differ('accounts in the state', [...site.stateWriter.durable.accounts.keys()], [...AFTER.accounts.keys()]),
    ...differ('deleted accounts', deleted, ['ghost', 'again', 'leaver']),
    ...tokenDifferences(site, stage),
    ...(await disconnected(site, stage)),
  ];
}

/** The end of what is said of a replaced token that waits, and for nothing. */
export const FOR_EVER = 'stays for ever';

/** Live are the current tokens, the replaced ones that the state gives a time, the unmanaged ones, and no other. */
function tokenDifferences(site: Site, { unmanaged, adopted }: Stage): string[] {
  const found: string[] = [];
  const isLive = ({ expiresAt }: Token) => expiresAt === null || expiresAt > site.organization.now();
  const live = site.organization
    .inspect()
    .accounts.flatMap(({ username, tokens }) => tokens.filter(isLive).map((each) => ({ ...each, username })));
  const expected: string[] = [...unmanaged];
  for (const { username, tokens } of AFTER.accounts.values()) {
    const held = site.stateWriter.durable.accounts.get(username)?.tokens;
    found.push(...differ(`keys of ${username}`, [...(held?.keys() ?? [])], [...tokens.keys()]));
    for (const { key, type } of tokens.values()) {
      const { current, retiring = [] }: Partial<StateToken> = held?.get(key) ?? {};
      const now = live.find(({ id, username: owner }) => id === current?.id && owner === username);
      const what = `${username}/${key}`;
      const hasLife = ({ expires_at: expiresAt }: RetiringToken) =>
        expiresAt === null || Date.parse(expiresAt) > site.organization.now();
      expected.push(current?.id ?? `${what} has no current`, ...retiring.filter(hasLife).map(({ id }) => id));
      if (now?.type !== type) found.push(`${what} is ${now?.type}`);
      if ((current?.secret === 'unknown') !== (current?.id === adopted)) found.push(`${what}: its secret is not known`);
      const stored = site.memory.held.get(what);
      const isStored = stored !== undefined && hashOf(new Secret(stored)) === now?.hash;
      if (isStored === (current?.id === adopted))
        found.push(`${what}: its store ${isStored ? 'has' : 'lacks'} its secret`);
      for (const { name, why, retire_at: retireAt } of retiring) {
        // The replacement of one was tested in vain before: that is left to a person.
        const hasEnd = retireAt !== undefined || key === 'slow';
        if (why !== 'replaced' || !hasEnd) found.push(`${what}: ${name} ${FOR_EVER}`);
      }
    }
  }
  return [
    ...found,
    ...differ(
      'live tokens',
      live.map(({ id }) => id),
      expected,
    ),
  ];
}

function differ(what: string, is: readonly string[], shall: readonly string[]): string[] {
  const [a, b] = [[...is].sort().join(' '), [...shall].sort().join(' ')];
  return a === b ? [] : [`${what}: ${a}, and not ${b}`];
}
