/** Reading Terraform states: both providers, and everything else that is taken for one. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTerraformState } from '../../src/import/terraform-state.ts';
import { UserError } from '../../src/model/user-error.ts';
import { exampleOf, type TfState } from './terraform-stage.ts';

const FILE = 'terraform.tfstate';

function brief(text: string): string[] {
  return parseTerraformState(text, FILE).map(({ kind, address, resource, username, token, unfit }) =>
    [kind, address, ...(resource === address ? [] : [`of ${resource}`]), username, token?.id ?? '', unfit ?? '']
      .join(' ')
      .trimEnd(),
  );
}

function failure(text: string, file = FILE): UserError {
  try {
    parseTerraformState(text, file);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was read');
}

function changed(change: (state: TfState) => void): string {
  const state: TfState = JSON.parse(exampleOf('motherduckdb'));
  change(state);
  return JSON.stringify(state);
}

describe('a state of version 4', () => {
  it("has the resources of MotherDuck's provider, and neither data sources nor others", () => {
    expect(brief(exampleOf('motherduckdb'))).toEqual([
      'account motherduck_service_account.etl etl_prod',
      'ducklings motherduck_duckling_config.etl etl_prod',
      'token motherduck_access_token.etl["airflow"] of motherduck_access_token.etl etl_prod id of etl_prod/airflow',
      'token motherduck_access_token.etl["dbt"] of motherduck_access_token.etl etl_prod id of etl_prod/dbt',
      'account module.tenant["acme.eu"].motherduck_service_account.this of module.tenant.motherduck_service_account.this tenant_acme',
      'token module.tenant["acme.eu"].motherduck_access_token.app[0] of module.tenant.motherduck_access_token.app tenant_acme id of tenant_acme/app',
      'account module.tenant["globex"].motherduck_service_account.this of module.tenant.motherduck_service_account.this tenant_globex',
      'token module.tenant["globex"].motherduck_access_token.app[0] of module.tenant.motherduck_access_token.app tenant_globex id of tenant_globex/app',
    ]);
  });

  it('has those of the other provider', () => {
    expect(brief(exampleOf('jpig18'))).toEqual([
      'account motherduck_service_account.etl ETL_Prod',
      'token motherduck_token.etl[0] of motherduck_token.etl ETL_Prod id of etl_prod/airflow',
      'ducklings motherduck_duckling_config.etl etl_prod',
    ]);
  });

  it('has secrets that nothing prints', () => {
    const [secret] = parseTerraformState(exampleOf('jpig18'), FILE).flatMap(({ token }) => token?.secret ?? []);
    expect(secret?.reveal()).toBe('secret of etl_prod/airflow');
    expect(JSON.stringify(parseTerraformState(exampleOf('motherduckdb'), FILE))).not.toContain('secret of');
  });

  it('has no secret of an imported token, and keys with quotes and dots', () => {
    const text = changed(({ resources }) => {
      const tenant = resources.find(({ module }) => module === 'module.tenant["acme.eu"]');
      const token = resources.find(({ type }) => type === 'motherduck_access_token');
      if (tenant) tenant.module = 'module.eu[0].module.tenant["a\\"]b.c"]';
      if (token?.instances[0]) Object.assign(token.instances[0].attributes, { token: null });
    });
    const read = parseTerraformState(text, FILE);
    expect(read.filter(({ kind }) => kind === 'token').map(({ token }) => token?.secret !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(read[4]).toMatchObject({ resource: 'module.eu.module.tenant.motherduck_service_account.this' });
  });

  it('tells what Terraform would replace or delete', () => {
    const text = changed(({ resources }) => {
      const instances = resources.find(({ type }) => type === 'motherduck_access_token')?.instances ?? [];
      Object.assign(instances[0] ?? {}, { status: 'tainted' });
      Object.assign(instances[1] ?? {}, { deposed: '3fc2a1d0' });
    });
    expect(parseTerraformState(text, FILE).flatMap(({ unfit }) => unfit ?? [])).toEqual(['tainted', 'deposed']);
  });
});

describe('what is no such state', () => {
  const MARK = 'marker-of-terraform';
  const others: readonly [what: string, text: string, message: RegExp, hint: RegExp][] = [
    ['nothing', '', /empty/, /terraform state pull > pulled\.tfstate/],
    ['a truncated file', exampleOf('motherduckdb').slice(0, -80), /end is missing/, /terraform state pull/],
    ['HCL', `token = "${MARK}"`, /not JSON/, /terraform state pull/],
    ['a list', `["${MARK}"]`, /not a JSON object/, /terraform state pull/],
    [
      'an encrypted state',
      JSON.stringify({ serial: 1, encrypted_data: MARK, encryption_version: 'v0' }),
      /encrypted by OpenTofu/,
      /tofu state pull >/,
    ],
    [
      'terraform show -json',
      JSON.stringify({ format_version: '1.0', values: { token: MARK } }),
      /terraform show/,
      /terraform state pull/,
    ],
    [
      'a backend',
      JSON.stringify({ version: 3, backend: { type: 's3', config: { secret_key: MARK } } }),
      /where Terraform keeps its state/,
      /terraform state pull > pulled\.tfstate/,
    ],
    ['version 3', JSON.stringify({ version: 3, modules: [{ token: MARK }] }), /version 3/, /0\.12/],
    ['version 5', JSON.stringify({ version: 5 }), /version 5/, /newer version of motherduck-accounts/],
    ['no version', JSON.stringify({ resources: [] }), /no version/, /terraform state pull/],
    ['a version in words', JSON.stringify({ version: MARK }), /no version/, /terraform state pull/],
    ['no resources', JSON.stringify({ version: 4 }), /no resources/, /terraform state pull/],
    [
      'resources of no object',
      JSON.stringify({ version: 4, resources: [MARK] }),
      /not a JSON object/,
      /terraform state pull/,
    ],
    [
      'other resources',
      JSON.stringify({
        version: 4,
        resources: [{ mode: 'managed', type: 'aws_s3_bucket', name: 'b', instances: [{ attributes: { id: MARK } }] }],
      }),
      /has no accounts, tokens or Ducklings/,
      /motherduck_service_account/,
    ],
    [
      'a resource without a name',
      changed(({ resources }) => {
        for (const each of resources) each.name = `${MARK} "\n`;
      }),
      /has no name/,
      /terraform state pull/,
    ],
    [
      'no username',
      changed(({ resources }) => {
        for (const { instances } of resources)
          for (const { attributes } of instances) attributes.username = { of: MARK };
      }),
      /motherduck_duckling_config\.etl has no username/,
      /terraform state pull/,
    ],
    [
      'no id',
      changed(({ resources }) => {
        for (const { instances } of resources) for (const { attributes } of instances) attributes.id = 7;
      }),
      /has no id/,
      /terraform state pull/,
    ],
  ];

  it.each(others)('%s is refused with what to type, and no word of it', (_, text, message, hint) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'TERRAFORM_STATE_INVALID', message: expect.stringMatching(message) });
    expect(error.hint.text).toMatch(hint);
    expect(`${error.stack} ${JSON.stringify(error.hint)} ${String(error.cause)}`).not.toMatch(/marker-of|secret of/);
  });

  it.each(['motherduck.accounts.state.json', 'terraform.tfstate', 'old/pulled.tfstate'])(
    'no hint writes over %s',
    (file) => {
      for (const [, text] of others) expect(failure(text, file).hint.text).not.toContain(`> ${path.basename(file)}`);
    },
  );
});
