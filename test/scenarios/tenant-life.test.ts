/** The whole life of a tenant, as its operator types it. Each step is typed twice, and the second time nothing happens. */
import { expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const SECRETS = '.motherduck/secrets.env';
const PUBLISHER = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: ${SECRETS}, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  dashboard: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 24h, secret_store: local }
guardrails: { max_deletes: 1 }
templates:
  tenant:
    tokens: { app: dashboard }
    smoke: { query: "SELECT amount FROM reporting.orders" }
    setup:
      - CREATE DATABASE IF NOT EXISTS "{account}"
      - ATTACH IF NOT EXISTS 'md:_share/reporting/0f4c' AS reporting
accounts:
  etl:
    tokens: { load: load }
    setup:
      - CREATE DATABASE IF NOT EXISTS sales
      - CREATE TABLE IF NOT EXISTS sales.orders AS SELECT 42 AS amount
      - CREATE SHARE IF NOT EXISTS reporting FROM sales (ACCESS ORGANIZATION)
`;
const TENANT = '  acme: { template: tenant }\n';
const SETUP = / {4}setup:\n(?: {6}- .*\n){2}(?=accounts:)/;
const APPLY = 'apply --sandbox --yes';
const PRUNE = `${APPLY} --prune`;

interface Document {
  readonly plan?: Document;
  readonly actions?: readonly { action: string; reason: { kind: string } }[];
  readonly error?: { code: string };
  readonly smoke?: Smoke;
}
interface Smoke {
  readonly accounts: readonly {
    connections: readonly { type: string; token: string; checks: readonly { name: string; passed: boolean }[] }[];
  }[];
}

/** A folder in which somebody publishes a share, and its tenant: what is live, what is stored, and who can connect. */
class Story {
  readonly #stage: Stage;
  readonly #outputs: string[] = [];
  readonly #secrets: string[] = [];

  private constructor(stage: Stage) {
    this.#stage = stage;
  }

  static async begin(): Promise<Story> {
    return new Story(await Stage.applied(PUBLISHER));
  }

  /** The configuration with this line for the tenant. */
  configure(tenant: string, change = (yaml: string) => yaml): void {
    this.#stage.write(CONFIG, change(PUBLISHER) + tenant);
  }

  /** Types a command, and tells what it did and what is so afterwards. */
  async type(words: string) {
    const { code, stdout, stderr } = await this.#stage.run(`${words} --format json`);
    this.#outputs.push(stdout, stderr);
    const document = JSON.parse(stdout) as Document;
    const { actions = [] } = document.plan ?? document;
    return {
      code,
      did: actions.map(({ action, reason }) => `${action} ${reason.kind}`),
      refused: document.error?.code,
      queried: queriesOf(document.smoke),
      tokens: await this.#tokens(),
      secrets: await this.#connecting(),
    };
  }

  /** Types a command, and once more (after a rotation: apply) when there is nothing left to do. */
  async settle(words: string) {
    const first = await this.type(words);
    const before = this.#stage.read(STATE);
    const { tokens, secrets } = first;
    const nothing = { code: 0, did: [], refused: undefined, queried: {}, tokens, secrets };
    expect(await this.type(words.startsWith('rotate') ? APPLY : words)).toEqual(nothing);
    expect(this.#stage.read(STATE)).toBe(before);
    return first;
  }

  /** Everything that a user saw or may commit, and what must not be in it. */
  leaks(): string[] {
    const seen = [...this.#outputs, this.#stage.read(STATE)].join('\n');
    return this.#secrets.filter((secret) => seen.includes(secret.slice(secret.lastIndexOf('.') + 1)));
  }

  /** The names of the tenant's live tokens; undefined when there is no such account. */
  #tokens(): Promise<string[] | undefined> {
    return this.#stage.inSandbox(async (live) =>
      live
        .inspect()
        .accounts.find(({ username }) => username === 'acme')
        ?.tokens.map(({ name }) => name),
    );
  }

  /** Of every secret that the store ever held, in their order, whether it connects; the one that is stored is named. */
  async #connecting(): Promise<string[]> {
    const stored = /^MOTHERDUCK_TOKEN_ACME_APP=(.+)$/m.exec(this.#stage.read(SECRETS))?.[1];
    if (stored !== undefined && !this.#secrets.includes(stored)) this.#secrets.push(stored);
    const found: string[] = [];
    for (const secret of this.#secrets) {
      const { code, stdout, stderr } = await this.#stage.run('sandbox connect', { MOTHERDUCK_TOKEN: secret });
      this.#outputs.push(stdout, stderr);
      found.push(`${secret === stored ? 'stored, ' : ''}${code === 0 ? 'alive' : 'dead'}`);
    }
    return found;
  }
}

/** By the type and name of a token, whether the account's own query passed with it. */
function queriesOf(smoke: Smoke | undefined): Record<string, boolean> {
  const connections = smoke?.accounts.flatMap((account) => account.connections) ?? [];
  const queries = connections.flatMap(({ type, token, checks }) =>
    checks.filter(({ name }) => name === 'query').map(({ passed }) => [`${type} ${token ?? 'temporary'}`, passed]),
  );
  return Object.fromEntries(queries);
}

it('of a tenant that reads a share: set up, rotated, leaked, suspended, resumed and deleted', async () => {
  const story = await Story.begin();

  // Without its setup, the tenant cannot see the share: the rehearsal says so.
  story.configure(TENANT, (yaml) => yaml.replace(SETUP, ''));
  expect(await story.type(APPLY)).toMatchObject({
    code: 4,
    did: ['create_account new', 'create_token new_account'],
    queried: { 'read_scaling app': false },
    tokens: ['app'],
    secrets: ['stored, alive'],
  });
  expect(await story.type('smoke acme --sandbox')).toMatchObject({ code: 4 });

  story.configure(TENANT);
  expect(await story.settle(APPLY)).toMatchObject({
    code: 0,
    did: ['run_setup unset'],
    queried: { 'read_scaling temporary': true },
    secrets: ['stored, alive'],
  });

  expect(await story.settle('rotate acme/app --sandbox --yes')).toMatchObject({
    code: 0,
    did: ['rotate_token requested'],
    queried: { 'read_scaling app': true },
    tokens: ['app', 'app.2'],
    secrets: ['alive', 'stored, alive'],
  });

  expect(await story.settle('rotate acme/app --revoke-old --sandbox --yes')).toMatchObject({
    code: 0,
    did: ['rotate_token requested', 'revoke_token requested', 'revoke_token requested'],
    queried: { 'read_scaling app': true },
    tokens: ['app.3'],
    secrets: ['dead', 'dead', 'stored, alive'],
  });

  story.configure(TENANT.replace(' }', ', suspended: true }'));
  expect(await story.settle(APPLY)).toMatchObject({
    code: 0,
    did: ['revoke_token suspended'],
    tokens: [],
    secrets: ['dead', 'dead', 'dead'],
  });

  // What the setup attached is still there.
  story.configure(TENANT);
  expect(await story.settle(APPLY)).toMatchObject({
    code: 0,
    did: ['create_token resumed'],
    queried: { 'read_scaling app': true },
    tokens: ['app.4'],
    secrets: ['dead', 'dead', 'dead', 'stored, alive'],
  });

  // It is deleted when its protection was taken off, and deletions are allowed.
  story.configure('');
  const kept = { code: 1, tokens: ['app.4'], secrets: ['dead', 'dead', 'dead', 'stored, alive'] };
  expect(await story.type(`${PRUNE} --allow-delete`)).toMatchObject({ ...kept, refused: 'GUARDRAIL' });
  story.configure(TENANT.replace(' }', ', deletion_protection: false }'));
  expect(await story.settle(APPLY)).toMatchObject({ code: 0, did: [] });
  story.configure('');
  expect(await story.type(PRUNE)).toMatchObject({ ...kept, refused: 'NOT_CONFIRMED' });
  expect(await story.settle(`${PRUNE} --allow-delete`)).toEqual({
    code: 0,
    did: ['delete_account removed'],
    refused: undefined,
    queried: {},
    tokens: undefined,
    secrets: ['dead', 'dead', 'dead', 'dead'],
  });

  expect(story.leaks()).toEqual([]);
}, 120_000);
