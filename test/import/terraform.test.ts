/** What Terraform may forget after an import. */
import { expect, it } from 'vitest';
import { handOver, terraformSelection } from '../../src/import/terraform.ts';
import { parseTerraformState } from '../../src/import/terraform-state.ts';
import type { State } from '../../src/model/state.ts';
import { desire, World } from '../world.ts';
import { exampleOf } from './terraform-stage.ts';

const INSTANCES = parseTerraformState(exampleOf('motherduckdb'), 'terraform.tfstate');
const DUCKLINGS = { read_write: { size: 'standard' }, read_scaling: { size: 'pulse', pool_size: 4 } } as const;
const DESIRED = desire({ etl_prod: { ducklings: DUCKLINGS }, tenant_acme: {} });

/** A state with two of the three accounts, and with the tokens of these ids. */
function stateOf(ids: readonly string[]): State {
  const tokens = new Map(
    ids.map((id) => {
      const retiring = [{ id, name: 'old', expires_at: null }];
      return [id, { generation: 1, retiring, intents: [] }] as const;
    }),
  );
  const account = { origin: 'adopted', since: '2026-11-29T00:00:00Z', deletion_protection: true, tokens } as const;
  const usernames = ['etl_prod', 'tenant_acme'];
  const accounts = new Map(usernames.map((username) => [username, { ...account, username }]));
  return { ...new World().stateWriter.state, accounts };
}

it('is a resource all of whose instances are managed here, else its instances', () => {
  const state = stateOf(['id of etl_prod/airflow', 'id of etl_prod/dbt', 'id of tenant_acme/app']);
  expect(handOver(INSTANCES, state, DESIRED, new Set())).toEqual({
    resources: ['motherduck_service_account.etl', 'motherduck_duckling_config.etl', 'motherduck_access_token.etl'],
    instances: [
      'module.tenant["acme.eu"].motherduck_service_account.this',
      'module.tenant["acme.eu"].motherduck_access_token.app[0]',
    ],
    accounts: [],
  });
});

it('is no token whose secret Terraform alone has, and no account to which what stays refers', () => {
  const state = stateOf(['id of etl_prod/airflow', 'id of etl_prod/dbt']);
  expect(handOver(INSTANCES, state, DESIRED, new Set(['id of etl_prod/dbt']))).toEqual({
    resources: ['motherduck_duckling_config.etl'],
    instances: ['motherduck_access_token.etl["airflow"]'],
    accounts: ['etl_prod', 'tenant_acme'],
  });
});

it('begins with what is selected by ids, and Ducklings only where Terraform has them', () => {
  const selection = terraformSelection(INSTANCES);
  expect(selection.what === 'some' && [...selection.accounts]).toEqual([
    ['etl_prod', { username: 'etl_prod', tokens: ['id of etl_prod/airflow', 'id of etl_prod/dbt'], ducklings: true }],
    ['tenant_acme', { username: 'tenant_acme', tokens: ['id of tenant_acme/app'], ducklings: false }],
    ['tenant_globex', { username: 'tenant_globex', tokens: ['id of tenant_globex/app'], ducklings: false }],
  ]);
});
