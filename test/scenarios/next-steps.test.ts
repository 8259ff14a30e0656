/** What commands say to do next works, and arguments are taken as help has them. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

interface StateJson {
  readonly accounts: Record<string, { id?: string; intent?: object; tokens: Record<string, { intents?: object[] }> }>;
}

function editState(folder: Stage, change: (accounts: StateJson['accounts']) => void): void {
  const state = JSON.parse(folder.read(STATE)) as StateJson;
  change(state.accounts);
  folder.write(STATE, JSON.stringify(state));
}

describe('destroy after an apply that was killed', () => {
  it('when it had created an account says to apply first, which helps', async () => {
    const folder = await Stage.applied();
    editState(folder, ({ etl_prod }) => delete etl_prod?.id);
    folder.edit((text) => text.replace(/max_deletes: \d+/, 'max_deletes: 10'));
    const planned = await folder.json('destroy --only etl_prod --sandbox --yes --allow-delete');
    expect(planned.document).toMatchObject({
      errors: [{ kind: 'unidentified', account: 'etl_prod', hint: { command: expect.arrayContaining(['apply']) } }],
    });
    expect((await folder.run('apply --only etl_prod --sandbox --yes --no-smoke')).code).toBe(0);
    const again = await folder.json('destroy --only etl_prod --sandbox --yes --allow-delete');
    expect(again.document).toMatchObject({
      error: { code: 'GUARDRAIL', message: expect.stringContaining('etl_prod') },
    });
  });

  it('before it knew that it had forgets the account', async () => {
    const folder = await Stage.applied();
    editState(folder, ({ etl_prod }) => {
      if (etl_prod === undefined) return;
      delete etl_prod.id;
      etl_prod.intent = { action: 'create_account', at: '2026-11-29T10:00:00.000Z' };
    });
    for (let time = 0; time < 2; time += 1) {
      const ran = await folder.json('destroy --only etl_prod --sandbox --yes --allow-delete');
      expect(ran.document).not.toMatchObject({ error: expect.anything() });
    }
    const state = JSON.parse(folder.read(STATE)) as StateJson;
    expect(state.accounts.etl_prod).toBeUndefined();
  });
});

describe('smoke', () => {
  it('takes accounts and globs, which --only narrows', async () => {
    const folder = await Stage.applied();
    const names = async (words: string) =>
      ((await folder.json(`smoke --sandbox ${words}`)).document as { accounts: { account: string }[] }).accounts
        .map(({ account }) => account)
        .sort();
    expect(await names('etl_prod')).toEqual(['etl_prod']);
    expect(await names('tenant_*')).toEqual(['tenant_acme', 'tenant_globex']);
    expect(await names('tenant_* --only tenant_acme')).toEqual(['tenant_acme']);
    expect((await folder.run('smoke --sandbox etl_prod --only tenant_acme')).code).toBe(64);
    expect((await folder.run('smoke --sandbox nobody')).code).toBe(64);
    expect((await folder.run(['smoke', '--sandbox', ''])).code).toBe(64);
  });
});

it('import where many accounts are missing goes on with what its hint says', async () => {
  const folder = new Stage();
  folder.edit((text) => `${text}\nguardrails: { max_missing: 33% }\n`.replace(/^guardrails:\n( .*\n)*/m, ''));
  const url = await folder.serve();
  expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
  const headers = { authorization: `Bearer ${folder.env.MOTHERDUCK_ADMIN_TOKEN}` };
  expect((await fetch(`${url}/v1/users/tenant_acme`, { method: 'DELETE', headers })).status).toBe(200);
  const users = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  await fetch(`${url}/v1/users`, { ...users, body: JSON.stringify({ username: 'new_one' }) });
  const refused = await folder.run('import new_one --yes');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('mdacc import new_one --allow-missing');
  const done = await folder.run('import new_one --allow-missing --yes');
  expect(done.code, done.stderr).toBe(0);
  expect(folder.read()).toContain('new_one');
});

it('state forget names what an interrupted run may have created', async () => {
  const folder = await Stage.applied();
  editState(folder, ({ etl_prod }) => {
    const [token] = Object.values(etl_prod?.tokens ?? {}) as { generation: number; intents?: object[] }[];
    if (token === undefined) return;
    token.generation = 2;
    token.intents = [{ name: 'airflow.2', generation: 2, at: '2026-11-29T10:00:00.000Z', storing: false }];
  });
  for (const name of ['etl_prod/airflow', 'etl_prod']) {
    const { code, stderr } = await folder.run(`state forget ${name}`);
    expect(code).toBe(1);
    expect(stderr).toContain('airflow.2');
    expect(stderr).toContain('mdacc apply --only etl_prod');
  }
});
