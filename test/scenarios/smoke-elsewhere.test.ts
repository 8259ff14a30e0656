/** Plans, applies and audits while a smoke test runs elsewhere: its temporary token is left alone, and nothing is said of it. */
import { expect, it } from 'vitest';
import { SMOKE_NAME_PREFIX, smokeTtl } from '../../src/model/tokens.ts';
import { Stage } from '../stage.ts';

/** As `mdacc smoke` begins, in another process, with these accounts. */
function beginTests(stage: Stage, ...usernames: readonly string[]): Promise<void> {
  const body = JSON.stringify({ name: SMOKE_NAME_PREFIX, ttl: smokeTtl(60), token_type: 'read_scaling' });
  return stage.inSandbox(async (organization) => {
    const authorization = `Bearer ${organization.newAdminToken().reveal()}`;
    for (const username of usernames) {
      const target = `/v1/users/${username}/tokens`;
      expect(await organization.respond({ method: 'POST', target, authorization, body })).toMatchObject({
        status: 200,
      });
    }
  });
}

const testing = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.filter(({ tokens }) => tokens.some(({ name }) => name === SMOKE_NAME_PREFIX))
      .map(({ username }) => username),
  );

/** Without the account of the tests that follow. */
const without = (name: string) => (text: string) => text.replace(new RegExp(`^  ${name}:.*\n`, 'm'), '');

it('leaves the tokens of configured, suspended and removed accounts', async () => {
  const stage = await Stage.applied();
  stage.edit((text) =>
    without('tenant_globex')(text).replace('{ template: tenant }', '{ template: tenant, suspended: true }'),
  );
  expect(await stage.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
  const before = await stage.json('audit --sandbox');
  await beginTests(stage, 'etl_prod', 'tenant_acme', 'tenant_globex');
  expect(await stage.json('plan --sandbox --detailed-exitcode')).toMatchObject({
    code: 0,
    document: { actions: [], unmanaged: { tokens: [] } },
  });
  const applied = await stage.run('apply --sandbox --yes');
  expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining('No changes')]);
  expect((await testing(stage)).sort()).toEqual(['etl_prod', 'tenant_acme', 'tenant_globex']);
  const after = await stage.json('audit --sandbox');
  const findingsOf = ({ document }: { document: unknown }) => (document as { findings: unknown }).findings;
  expect(findingsOf(after)).toEqual(findingsOf(before));
});

it('does not make a saved plan stale', async () => {
  const stage = await Stage.applied();
  stage.edit((text) => text.replace('size: standard, cooldown: 10m', 'size: standard, cooldown: 20m'));
  expect((await stage.run('plan --sandbox --out change.plan')).code).toBe(0);
  await beginTests(stage, 'etl_prod');
  expect(await stage.run('apply change.plan --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
  expect(await testing(stage)).toEqual(['etl_prod']);
});

it('does not make a saved deletion stale', async () => {
  const stage = await Stage.applied();
  stage.edit((text) => text.replace('{ template: tenant }', '{ template: tenant, deletion_protection: false }'));
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  stage.edit((text) => without('tenant_acme')(text).replace('max_deletes: 0', 'max_deletes: 1'));
  await beginTests(stage, 'tenant_acme');
  expect((await stage.run('plan --sandbox --prune --out deletion.plan')).code).toBe(0);
  await stage.advance(smokeTtl(60) + 1);
  const ran = await stage.run('apply deletion.plan --sandbox --yes --no-smoke --allow-delete');
  expect([ran.code, ran.stderr]).toEqual([0, expect.not.stringContaining('stale')]);
});
