/** Coming from Terraform: what it manages is adopted from its state, and Terraform forgets it. */
import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { madeByTerraform, TFSTATE, type TfResource, type TfState } from '../import/terraform-stage.ts';
import type { Ran } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, STATE } from '../stage.ts';

const IMPORT = `import --terraform ${TFSTATE} --sandbox --organization acme --yes`;

/** The accounts and tokens of a state, with the ids of the tokens. */
function adopted(state: string): Record<string, Record<string, string>> {
  const { accounts } = JSON.parse(state);
  return Object.fromEntries(
    Object.entries<{ tokens: Record<string, { current: { id: string } }> }>(accounts).map(([name, { tokens }]) => [
      name,
      Object.fromEntries(Object.entries(tokens).map(([key, { current }]) => [key, current.id])),
    ]),
  );
}

function resource({ resources }: TfState, type: string, name: string): TfResource {
  const found = resources.find((each) => each.type === type && each.name === name);
  if (found === undefined) throw new Error(`no ${type}.${name}`);
  return found;
}

/** What an import says after the lines that it writes. */
function ending({ stdout, stderr }: Ran): string {
  return stdout.slice(stdout.lastIndexOf('\nImported ') + 1) + stderr;
}

describe('import --terraform', () => {
  it('adopts what Terraform manages into a new configuration, and a second run does nothing', async () => {
    const { folder, ids, write } = await madeByTerraform();
    write();
    const dry = await folder.run(`${IMPORT} --dry-run`);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('Would import 3 accounts and 4 tokens') });
    expect(folder.has(CONFIG) || folder.has(STATE)).toBe(false);

    const ran = await folder.run(IMPORT);
    expect(ran.code).toBe(0);
    expectGolden('reports', 'import --terraform', ending(ran));
    expect(adopted(folder.read(STATE))).toEqual({
      etl_prod: { airflow: ids.get('etl_prod/airflow'), dbt: ids.get('etl_prod/dbt') },
      tenant_acme: { app: ids.get('tenant_acme/app') },
      tenant_globex: { app: ids.get('tenant_globex/app') },
    });
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });

    // What Terraform has no Ducklings of stays without, and that is said, also when the rest is imported.
    expect(ran.stderr).toMatch(/Ducklings of tenant_acme, tenant_globex stay unmanaged/);
    expect((await folder.run('import --all --sandbox --yes')).stderr).toMatch(
      /tenant_globex stay unmanaged.*"ducklings"/,
    );
    expect(folder.read()).not.toContain('duckling_pools');

    const before = [folder.read(), folder.read(STATE)];
    const again = await folder.run(`import --terraform ${TFSTATE} --sandbox --yes`);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to import\.\n\nremoved \{/) });
    expect([folder.read(), folder.read(STATE)]).toEqual(before);
  });

  it("adopts only what Terraform names, also with the other provider's resources and another case", async () => {
    const { folder, ids, write } = await madeByTerraform();
    folder.write(
      CONFIG,
      `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
accounts:
  Etl_Prod: {} # ours
`,
    );
    write('jpig18');
    const ran = await folder.run(`import --terraform ${TFSTATE} --sandbox --yes`);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('The Ducklings of Etl_Prod stay unmanaged') });
    expect(ran.stdout.match(/from = .*/g)).toEqual(['from = motherduck_token.etl']);
    expect(adopted(folder.read(STATE))).toEqual({ etl_prod: { airflow: ids.get('etl_prod/airflow') } });
    expect(folder.read()).toContain('# ours');
  });

  it('skips what is not live, or in the middle of a replacement, and lets Terraform keep that', async () => {
    const { folder, ids, write } = await madeByTerraform();
    write('motherduckdb', (state) => {
      const tokens = resource(state, 'motherduck_access_token', 'etl');
      const [airflow] = tokens.instances;
      const copy = (key: string, more: object, attributes: object) => ({
        ...structuredClone(airflow ?? { attributes: {} }),
        index_key: key,
        ...more,
        attributes: { ...structuredClone(airflow?.attributes), ...attributes },
      });
      tokens.instances.push(
        copy('old', {}, { id: '00000000-0000-4000-8000-000000000000', name: 'rotated away' }),
        copy('airflow', { deposed: '1c2d3e4f' }, { id: '11111111-0000-4000-8000-000000000000' }),
      );
      Object.assign(tokens.instances[1] ?? {}, { status: 'tainted' });
      const accounts = resource(state, 'motherduck_service_account', 'etl').instances;
      Object.assign(accounts[0] ?? {}, { index_key: 0 });
      const attributes = { id: 'gone_account', username: 'gone_account' };
      accounts.push({ ...structuredClone(accounts[0]), index_key: 1, attributes });
    });
    const ran = await folder.run(IMPORT);
    expect(ran.code).toBe(0);
    expectGolden('reports', 'import --terraform, with parts that stay', ending(ran));
    expect(adopted(folder.read(STATE)).etl_prod).toEqual({ airflow: ids.get('etl_prod/airflow') });
    // What stays refers to the account.
    expect(ran.stdout).not.toContain('motherduck_service_account.etl');
    expect(ran.stderr).toContain('etl_prod stays in Terraform, ');
  });

  it.each([
    ['tainted', { status: 'tainted' }],
    ['deposed', { deposed: '1c2d3e4f' }],
  ])('leaves a token to Terraform that one of two instances has as %s', async (_, unfit) => {
    const { folder, ids, secrets, write } = await madeByTerraform();
    write('motherduckdb', (state) => {
      const { instances } = resource(state, 'motherduck_access_token', 'etl');
      const copy = { ...structuredClone(instances[0] ?? { attributes: {} }), index_key: 'again' };
      instances.push(Object.assign(copy, unfit));
    });
    for (let round = 0; round < 2; round += 1) {
      const ran = await folder.run(`${IMPORT} --adopt-secrets`);
      expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('motherduck_access_token.etl["again"]') });
      expect(ran.stdout).not.toContain('etl["airflow"]');
      expect(adopted(folder.read(STATE)).etl_prod).toEqual({ dbt: ids.get('etl_prod/dbt') });
      expect(folder.read('.motherduck/secrets.env')).not.toContain(secrets.get('etl_prod/airflow'));
    }
  });

  it.each([
    ['tainted', { status: 'tainted' }, 'motherduck_service_account.etl'],
    ['deposed', { deposed: '1c2d3e4f' }, 'motherduck_service_account.etl'],
  ])('leaves all of an account to Terraform that is %s', async (_, unfit, address) => {
    const { folder, write } = await madeByTerraform();
    const spoil = (state: TfState) => {
      const { instances } = resource(state, 'motherduck_service_account', 'etl');
      // What is left of a replaced account is beside the new one, in the case in which it was written.
      if ('deposed' in unfit)
        instances.push({ ...structuredClone(instances[0]), attributes: { username: 'ETL_prod' } });
      Object.assign(instances.at(-1) ?? {}, unfit);
    };
    write('motherduckdb', spoil);
    const ran = await folder.run(IMPORT);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported 2 accounts and 2 tokens') });
    expect(ran.stderr).toContain(address);
    expect(ran.stderr).toContain('motherduck_duckling_config.etl, motherduck_access_token.etl["airflow"]');
    if ('deposed' in unfit) expect(ran.stderr).toMatch(/terraform state rm .*\.etl .*mdacc import ETL_prod/);
    expect(ran.stdout).not.toContain('.etl');
    expect(Object.keys(adopted(folder.read(STATE)))).toEqual(['tenant_acme', 'tenant_globex']);
    expect(folder.read()).not.toContain('etl_prod');

    // What was imported before stays as it is, and Terraform is not told to forget parts of what it would delete.
    write();
    await folder.run(IMPORT);
    write('motherduckdb', spoil);
    const again = await folder.run(IMPORT);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to import; 1 skipped/) });
    expect(again.stdout).not.toContain('.etl');
  });

  it("skips an account's Ducklings alone where Terraform would replace them", async () => {
    const { folder, write } = await madeByTerraform();
    write('motherduckdb', (state) => {
      const { instances } = resource(state, 'motherduck_duckling_config', 'etl');
      Object.assign(instances[0] ?? {}, { status: 'tainted' });
    });
    const ran = await folder.run(IMPORT);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported 3 accounts and 4 tokens') });
    expect(ran.stderr).toContain('Ducklings of etl_prod  ');
    expect(folder.read()).not.toContain('ducklings');
  });

  it.each([
    ['username', (secret: string, made: TfResource['instances'][number]) => (made.attributes.username = secret)],
    [
      'name',
      (secret: string, made: TfResource['instances'][number]) =>
        Object.assign(made.attributes, { id: 'gone', name: secret }),
    ],
    [
      'index key',
      (secret: string, made: TfResource['instances'][number]) =>
        Object.assign(made, { index_key: secret, status: 'tainted' }),
    ],
    [
      'index key of a token that is gone',
      (secret: string, made: TfResource['instances'][number]) =>
        Object.assign(made, { index_key: secret, attributes: { ...made.attributes, id: 'gone' } }),
    ],
    [
      'index key beside others that stay',
      (secret: string, made: TfResource['instances'][number]) => (made.index_key = secret),
    ],
    [
      'index key of damage',
      (secret: string, made: TfResource['instances'][number]) =>
        Object.assign(made, { index_key: secret, attributes: { token: made.attributes.token } }),
    ],
    [
      'id',
      (secret: string, made: TfResource['instances'][number]) =>
        Object.assign(made.attributes, { id: secret, name: '' }),
    ],
  ])('shows no secret that Terraform has as %s', async (_, put) => {
    const { folder, secrets, write } = await madeByTerraform();
    for (const secret of [secrets.get('etl_prod/airflow') ?? '', 'not-a-jwt-but-the-token-of-this']) {
      write('motherduckdb', (state) => {
        const found = state.resources.filter(({ type }) => type === 'motherduck_access_token');
        const [made] = found[0]?.instances ?? [];
        if (made === undefined) throw new Error('no token');
        const rest = { ...structuredClone(made), index_key: 'other', status: 'tainted' };
        made.attributes.token = secret;
        put(secret, made);
        found[0]?.instances.push(rest);
      });
      for (const more of ['--dry-run', '', '']) {
        const { stdout, stderr } = await folder.run(`${IMPORT} --debug ${more}`);
        expect(stdout + stderr).toMatch(/\S/);
        for (const part of secret.split('.')) expect(stdout + stderr).not.toContain(part);
      }
    }
  });

  it('reads no other file, and says what to type', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    const wrong: [argv: string[], message: RegExp][] = [
      [['--terraform', 'other.tfstate'], /other\.tfstate does not exist.*\n.*terraform state pull > other\.tfstate/],
      [['--terraform', 'pulled.tfstate'], /terraform state pull > pulled\.tfstate/],
      [['--terraform', 'sub/terraform.tfstate'], /terraform state pull > pulled\.tfstate/],
      [['--terraform', '.'], /it is a folder/],
      [['--terraform', TFSTATE, 'etl_prod'], /--terraform and names were both given/],
      [['--organization', 'acme', '--all'], /--organization was given, and no names/],
    ];
    for (const [argv, message] of wrong)
      expect((await folder.run(['import', ...argv, '--sandbox'])).stderr).toMatch(message);
    folder.write('cut.tfstate', folder.read(TFSTATE).slice(0, -99));
    expect(await folder.run('import --terraform cut.tfstate --sandbox --debug')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[TERRAFORM_STATE_INVALID]'),
    });
    expect(folder.has(CONFIG)).toBe(false);
  });

  it.skipIf(isWindows)('follows a link of the user', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    symlinkSync(TFSTATE, folder.file('link.tfstate'));
    expect(await folder.run('import --terraform link.tfstate --sandbox --dry-run')).toMatchObject({ code: 0 });
  });

  it('refuses to begin beside the state of a lost configuration', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    await folder.run(IMPORT);
    folder.remove(CONFIG);
    expect(await folder.run(IMPORT)).toMatchObject({ code: 1, stderr: expect.stringContaining('exists, but its') });
  });
});

describe('import --terraform --adopt-secrets', () => {
  const ADOPT = `${IMPORT} --adopt-secrets`;
  const SECRETS = '.motherduck/secrets.env';

  it('stores the secrets that Terraform has, so that nothing is rotated, and a second run does nothing', async () => {
    const { folder, secrets, write } = await madeByTerraform();
    write();
    const ran = await folder.run(ADOPT);
    expect(ran.code, ran.stderr).toBe(0);
    expectGolden('reports', 'import --terraform --adopt-secrets', ending(ran).replace(/removed \{[\s\S]*\}\n/, '…\n'));
    const stored = folder.read(SECRETS);
    for (const secret of secrets.values()) expect(stored).toContain(secret);
    expect(folder.read('.gitignore')).toContain('.motherduck/');
    expect(folder.read(STATE)).not.toContain('"unknown"');
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0, stderr: '' });
    expect(await folder.json('apply --sandbox --yes')).toMatchObject({ code: 0, document: { actions: [] } });
    expect((await folder.run('state history --sandbox')).stdout).toContain('4 adopt secret');

    const before = [folder.read(), folder.read(STATE), folder.read(SECRETS)];
    const again = await folder.run(`import --terraform ${TFSTATE} --sandbox --yes --adopt-secrets`);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to import\./) });
    expect([folder.read(), folder.read(STATE), folder.read(SECRETS)]).toEqual(before);

    // From here on, the policy goes on with what was adopted: the same variable gets the replacement.
    await folder.run('sandbox advance 77d');
    expect(await folder.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
    for (const secret of secrets.values()) expect(folder.read(SECRETS)).not.toContain(secret);
  });

  it('stores them later too, and where the same value is already', async () => {
    const { folder, secrets, write } = await madeByTerraform();
    write();
    expect((await folder.run(IMPORT)).stderr).toMatch(/--adopt-secrets/);
    folder.write(SECRETS, `MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=${secrets.get('etl_prod/airflow')}\n`, 0o600);
    const ran = await folder.run(`import --terraform ${TFSTATE} --sandbox --yes --adopt-secrets`);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Stored 4 secrets of Terraform in local\.\n/),
    });
    expect(folder.read(SECRETS).match(/^MOTHERDUCK_TOKEN_/gm)).toHaveLength(4);
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0, stderr: '' });
  });

  it('names the store, and says that a sandbox only rehearses its command', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    folder.write(
      CONFIG,
      `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  vault: { kind: exec, command: [sh, -c, "touch ran; cat > /dev/null", "{account}/{token}"] }
accounts:
`,
    );
    const ran = await folder.run(`import --terraform ${TFSTATE} --sandbox --yes --adopt-secrets --store vault`);
    expect(ran.code, ran.stderr).toBe(0);
    expectGolden(
      'reports',
      'import --terraform --adopt-secrets --store, in a sandbox',
      ending(ran).split('\n')[0] ?? '',
    );
    expect(folder.has('ran')).toBe(false);
  });

  it('writes nothing where another value would be replaced', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    const { secrets } = await madeByTerraform();
    folder.write(SECRETS, `MOTHERDUCK_TOKEN_ETL_PROD_DBT=${secrets.get('etl_prod/airflow')}\n`, 0o600);
    const before = folder.read(SECRETS);
    expect(await folder.run(ADOPT)).toMatchObject({ code: 1, stderr: expect.stringContaining('ETL_PROD_DBT') });
    expect(folder.read(SECRETS)).toBe(before);
    expect(folder.has(CONFIG) || folder.has(STATE)).toBe(false);
  });

  it('adopts no secret that its claims or Terraform itself deny', async () => {
    const { folder, secrets, write } = await madeByTerraform();
    write('motherduckdb', (state) => {
      const [airflow, dbt] = resource(state, 'motherduck_access_token', 'etl').instances;
      Object.assign(airflow?.attributes ?? {}, { token: secrets.get('tenant_acme/app') });
      Object.assign(dbt?.attributes ?? {}, { token: null });
      const [app] = resource(state, 'motherduck_access_token', 'app').instances;
      Object.assign(app?.attributes ?? {}, { token: 'marker-of-terraform\nX=1' });
    });
    const ran = await folder.run(ADOPT);
    expect(ran.code).toBe(0);
    expectGolden('warnings', 'import --terraform --adopt-secrets', ran.stderr.split('\n\n')[0] ?? '');
    expect(folder.read(SECRETS).match(/^MOTHERDUCK_TOKEN_.*/gm)).toEqual([
      `MOTHERDUCK_TOKEN_TENANT_GLOBEX_APP=${secrets.get('tenant_globex/app')}`,
    ]);
    expect(folder.read(SECRETS) + ran.stdout + ran.stderr).not.toContain('marker-of-terraform');
  });

  it('adopts no secret that was made at another time, and names its token', async () => {
    const { folder, write } = await madeByTerraform();
    write('motherduckdb', (state) => {
      const [airflow] = resource(state, 'motherduck_access_token', 'etl').instances;
      const claims = JSON.stringify({ iss: 'sandbox', tokenType: 'read_write', iat: 1, exp: 2 });
      Object.assign(airflow?.attributes ?? {}, { token: `x.${Buffer.from(claims).toString('base64url')}.y` });
    });
    const ran = await folder.run(ADOPT);
    expect(ran.code).toBe(0);
    expectGolden('warnings', 'import --terraform --adopt-secrets, of another time', ran.stderr.split('\n\n')[0] ?? '');
    expect(folder.read(SECRETS)).not.toContain('ETL_PROD_AIRFLOW');
  });

  it('is said with --terraform', async () => {
    const { folder } = await madeByTerraform();
    const ran = await folder.run('import --adopt-secrets --all --sandbox');
    expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining('--adopt-secrets was given without') });
  });
});
