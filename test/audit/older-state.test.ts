/** An audit with a state that is not the newest: it says so, and judges no token by what such a state says. */
import { expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const STORES = {
  file: '{ kind: file, path: secrets.env, format: dotenv }',
  exec: '{ kind: exec, command: [vault, "{account}", "{token}"] }',
};

const configuration = (store: keyof typeof STORES) => `version: 1
organization: acme
secret_stores:
  local: ${STORES[store]}
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 0 } }
    tokens: { airflow: pipeline, b: pipeline }
    smoke: false
`;

interface Document {
  readonly findings: readonly {
    readonly rule: string;
    readonly token?: string;
    readonly message: string;
    readonly fix: { readonly command?: readonly string[] };
  }[];
  readonly inventory: {
    readonly accounts: readonly { readonly tokens: readonly { readonly name: string; readonly role: string }[] }[];
  };
}

async function audit(stage: Stage): Promise<Document> {
  return (await stage.json('audit --sandbox')).document as Document;
}

const found = ({ findings }: Document) => findings.map(({ rule, token }) => `${rule} ${token}`);

it.each(['file', 'exec'] as const)('is said, and nothing else of the key, with a store of kind %s', async (kind) => {
  const stage = await Stage.applied(configuration(kind));
  const older = stage.read(STATE);
  expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  stage.write(STATE, older);

  const first = await audit(stage);
  expect(found(first)).toEqual(['MDA043 airflow.2']);
  expect(first.findings[0]).toMatchObject({
    fix: { command: ['rotate', 'etl/airflow', '--sandbox'] },
  });
  const roles = first.inventory.accounts.flatMap(({ tokens }) => tokens.map(({ name, role }) => [name, role]));
  expect(roles.sort()).toEqual([
    ['airflow', 'obsolete'],
    ['airflow.2', 'newer'],
    ['b', 'current'],
  ]);

  // Neither is overdue by this state, nor was the replaced one revoked by a stranger.
  await stage.advance(80 * 86_400);
  expect(found(await audit(stage))).toEqual(['MDA025 b', 'MDA043 airflow.2']);
  await stage.inSandbox(async (organization) => {
    const old = organization
      .inspect()
      .accounts.flatMap(({ tokens }) => tokens)
      .find(({ name }) => name === 'airflow');
    const authorization = `Bearer ${organization.newAdminToken().reveal()}`;
    await organization.respond({
      method: 'DELETE',
      target: `/v1/users/etl/tokens/${old?.id}`,
      authorization,
      body: '',
    });
  });
  expect(found(await audit(stage))).toEqual(['MDA025 b', 'MDA043 airflow.2']);
  expect(stage.read(STATE)).toBe(older);
});

it.each(['plan --sandbox', 'plan --sandbox --due'])(
  'no secret is lost that a newer token replaced: %s',
  async (words) => {
    const stage = await Stage.applied(configuration('file'));
    const older = stage.read(STATE);
    expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
    stage.write(STATE, older);
    const kinds = ((await stage.json(words)).document as { warnings: { kind: string }[] }).warnings.map(
      ({ kind }) => kind,
    );
    expect(kinds).toContain('older_state');
    expect(kinds).not.toContain('secret_lost');
  },
);

it('an account that left the configuration is not judged by an older state either', async () => {
  const stage = await Stage.applied(configuration('file'));
  const older = stage.read(STATE);
  expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  stage.write(STATE, older);
  stage.edit((text) => text.replace(/^ {2}etl:[\s\S]*/m, '  other: { smoke: false }\n'));
  const kinds = ((await stage.json('plan --sandbox')).document as { warnings: { kind: string }[] }).warnings;
  expect(kinds.map(({ kind }) => kind)).toContain('older_state');
  expect(kinds.map(({ kind }) => kind)).not.toContain('secret_lost');
  const findings = found(await audit(stage));
  expect(findings).toContain('MDA043 airflow.2');
  expect(findings.filter((each) => /MDA0(02|35) airflow/.test(each))).toEqual([]);
});
