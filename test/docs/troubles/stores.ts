/** What happens in the sections from "Secret stores" to "The sandbox". */
import { chmodSync } from 'node:fs';
import { expect } from 'vitest';
import { SANDBOX, Stage } from '../../stage.ts';
import { appliedAtMotherDuck } from '../organizations.ts';
import { installProgram } from '../reader.ts';
import type { Story, Trouble } from './trouble.ts';

const SECRETS = '.motherduck/secrets.env';
const APPLY = 'apply --yes --no-smoke --sandbox';

/** Secrets go to Vault. */
const toVault = (text: string) =>
  text
    .replace(
      /^ {2}local: .*$/m,
      '  vault: { kind: exec, command: [vault, kv, put, "{account}/{token}", "value=-"], check: [vault, token, lookup] }',
    )
    .replaceAll('secret_store: local', 'secret_store: vault');

/** Sets how the sandbox of the stage behaves. */
function set(stage: Stage, settings: object): void {
  stage.write(`${SANDBOX}/organization.json`, JSON.stringify(settings));
}

/** What the last error says to type in a shell, after these words. */
async function typeAfter(
  trouble: Trouble,
  start: string,
  { stderr, stdout }: { stderr: string; stdout: string },
): Promise<void> {
  const [line = expect.unreachable(stderr)] = new RegExp(`(?<=: | )${start}.*$`, 'm').exec(stderr + stdout) ?? [];
  trouble.typeOther(line);
}

export const STORES_TO_SANDBOX: Readonly<Record<string, Story>> = {
  async STORE_UNUSABLE(trouble) {
    const { stage } = trouble;
    trouble.typeOther('git init --quiet');
    await typeAfter(trouble, 'echo', await trouble.type(APPLY, 1));
    stage.write(SECRETS, 'OTHER=1\n', 0o644);
    chmodSync(stage.file(SECRETS), 0o644);
    await typeAfter(trouble, 'chmod', await trouble.type(APPLY, 1));
    await trouble.type(APPLY);
    trouble.stage = new Stage();
    trouble.stage.edit(toVault);
    trouble.stage.env.PATH = trouble.stage.file('.bin');
    await trouble.type(`${APPLY} --real-stores`, 1);
    installProgram(trouble.stage, 'vault', 'read -r secret; exit 0');
    await trouble.type(`${APPLY} --real-stores`);
  },

  async STORE_FAILED(trouble) {
    const { stage } = trouble;
    stage.edit(toVault);
    stage.env.PATH = `${stage.file('.bin')}:${process.env.PATH}`;
    installProgram(stage, 'vault', '[ "$1" = token ] && exit; echo "no space left" >&2; exit 9');
    await trouble.type(`${APPLY} --real-stores --only tenant_acme`, 3);
    installProgram(stage, 'vault', 'cat >/dev/null');
    await trouble.type(`${APPLY} --real-stores --only tenant_acme`);
    await trouble.type('plan --sandbox --detailed-exitcode --only tenant_acme');
  },

  async STORE_FOREIGN(trouble) {
    const { stage } = trouble;
    stage.write(SECRETS, 'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=mine\n', 0o600);
    await trouble.type('plan --sandbox');
    await trouble.type(APPLY, 1);
    stage.edit((text) => text.replace('format: dotenv', '$&, overwrite: true'));
    await trouble.type(APPLY);
    expect(stage.read(SECRETS)).not.toContain('mine');
  },

  async PLAN_STALE(trouble) {
    await trouble.type('plan --out today.plan --sandbox');
    await trouble.type('apply today.plan --yes --no-smoke --sandbox');
    await trouble.type('apply today.plan --yes --no-smoke --sandbox', 1);
    await trouble.followHint();
    await trouble.type('apply today.plan --yes --no-smoke --sandbox');
  },

  async PLAN_INVALID(trouble) {
    const { stage } = trouble;
    await trouble.type('plan --out today.plan --sandbox');
    stage.write('today.plan', stage.read('today.plan').replace('"pulse"', '"jumbo"'));
    await trouble.type('apply today.plan --yes --sandbox', 1);
    await trouble.followHint();
    await trouble.type('apply today.plan --yes --no-smoke --sandbox');
  },

  async IMPORT_REFUSED(trouble) {
    const { stage } = trouble;
    await stage.inSandbox((organization) => organization.seed(2));
    await trouble.type('import etl_prod --yes --sandbox', 1);
    set(stage, { users_list: 'forbidden' });
    await trouble.type('import --all --yes --sandbox', 1);
    await trouble.type('import tenant_00001 tenant_00002 --yes --sandbox');
  },

  async TERRAFORM_STATE_INVALID(trouble) {
    const { stage } = trouble;
    stage.write('pulled.tfstate', '{"version": 4, "resources": [');
    await trouble.type('import --terraform pulled.tfstate --yes --sandbox', 1);
    stage.env.PATH = `${stage.file('.bin')}:${process.env.PATH}`;
    const instances = [{ attributes: { id: 'tenant_00001', username: 'tenant_00001' } }];
    const resources = [{ mode: 'managed', type: 'motherduck_service_account', name: 'tenant', instances }];
    installProgram(stage, 'terraform', `echo '${JSON.stringify({ version: 4, resources })}'`);
    await stage.inSandbox((organization) => organization.seed(1));
    trouble.typeOther('terraform state pull > pulled.tfstate');
    await trouble.type('import --terraform pulled.tfstate --yes --sandbox');
  },

  async CONNECT_FAILED(trouble) {
    trouble.stage = await appliedAtMotherDuck();
    const { stage } = trouble;
    const { MDACC_SANDBOX = '' } = stage.env;
    delete stage.env.MDACC_SANDBOX;
    await trouble.type('smoke', 4);
    await trouble.type('doctor', 1);
    stage.env.MDACC_SANDBOX = MDACC_SANDBOX;
    await trouble.type('smoke etl_prod');
  },

  async SMOKE_FAILED(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    set(stage, { connections: 'compute_limit' });
    await trouble.type('rotate etl_prod/airflow --revoke-old --yes --sandbox', 4);
    set(stage, {});
    await trouble.type('rotate etl_prod/airflow --revoke-old --yes --sandbox');
    set(stage, { connections: 'compute_limit' });
    await trouble.type('rotate etl_prod/airflow --revoke-old --force --yes --sandbox', 4);
    await trouble.type('plan --detailed-exitcode --sandbox');
  },

  async SETUP_FAILED(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    const setup = (second: string) => `$&\n    setup: [CREATE DATABASE IF NOT EXISTS sales, ${second}, SELECT 1]`;
    stage.edit((text) => text.replace('  etl_prod:', setup('SELECT * FROM sales.orders')));
    await trouble.type('apply --yes --no-smoke --sandbox', 4);
    stage.edit((text) =>
      text.replace('SELECT * FROM sales.orders', 'CREATE TABLE IF NOT EXISTS sales.orders (id INTEGER)'),
    );
    const { stdout } = await trouble.type('apply --yes --no-smoke --sandbox');
    expect(stdout).toContain('3 SQL statements');
    await trouble.type('plan --detailed-exitcode --sandbox');
  },

  async SANDBOX_FAILED(trouble) {
    await trouble.type('plan --sandbox-dir motherduck.accounts.yaml', 1);
    await trouble.type('plan --sandbox-dir lab');
    trouble.stage.write(`${SANDBOX}/organization.jsonl`, 'no event\n');
    await trouble.type('plan --sandbox', 1);
    await trouble.type('sandbox reset');
    await trouble.type('plan --sandbox');
  },
};
