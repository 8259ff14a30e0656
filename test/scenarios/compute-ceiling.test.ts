/** What Ducklings can cost: an hour and a month, before, after and the difference, in every format. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
accounts:
  etl_prod:
    ducklings: { read_write: { size: standard }, read_scaling: { size: standard, pool_size: 4 } }
    smoke: false
compute_rates: { currency: USD, standard: 2.40, jumbo: 4.80 }
`;
const UPSIZED = 'at most 12.00 -> 14.40 USD an hour, 8,760.00 -> 10,512.00 USD a month (+20%)';

async function upsized(): Promise<Stage> {
  const folder = await Stage.applied(CONFIGURATION);
  folder.edit((text) => text.replace('read_write: { size: standard', 'read_write: { size: jumbo'));
  return folder;
}

it('is in every format of a plan', async () => {
  const folder = await upsized();
  const as = async (format: string) => (await folder.run(`plan --sandbox --format ${format}`)).stdout;
  const text = await as('text');
  expect(text.split(UPSIZED)).toHaveLength(3);
  expect(text).toContain(`All Ducklings of managed accounts at once, by compute_rates: ${UPSIZED}`);
  expect((await as('markdown')).replaceAll('→', '->').split(UPSIZED)).toHaveLength(3);
  expect((await as('html')).split(UPSIZED.replace('at most ', '').replaceAll('->', '→')).length).toBeGreaterThan(2);
  const document = JSON.parse(await as('json')) as object;
  expect(document).toMatchObject({
    compute: { before: 12, after: 14.4, currency: 'USD', month: { before: 8760, after: 10512 }, percent: 20 },
    actions: [{ action: 'set_ducklings', compute: { before: 12, after: 14.4, currency: 'USD' } }],
  });
  const validate = new Ajv2020({ strict: true }).compile(JSON.parse((await folder.run('schema plan')).stdout));
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
});

it('stands once where nothing changes, and has a currency only if one is named', async () => {
  const folder = await upsized();
  expect((await folder.run('apply --sandbox --yes')).code).toBe(0);
  expect((await folder.run('plan --sandbox')).stdout).toContain(
    'by compute_rates: at most 14.40 USD an hour, 10,512.00 USD a month\n',
  );
  folder.edit((text) => text.replace('currency: USD, ', ''));
  expect((await folder.run('plan --sandbox')).stdout).toContain(
    'by compute_rates: at most 14.40 an hour, 10,512.00 a month\n',
  );
});

it('has no difference in percent from nothing', async () => {
  const folder = new Stage(CONFIGURATION);
  expect((await folder.run('plan --sandbox')).stdout).toContain(
    '0.00 -> 12.00 USD an hour, 0.00 -> 8,760.00 USD a month\n',
  );
  expect(await folder.json('plan --sandbox')).toMatchObject({ document: { compute: { percent: null } } });
});

it('names the currency where a guardrail refuses it', async () => {
  const folder = new Stage(`${CONFIGURATION}guardrails: { max_compute_ceiling: 10 }\n`);
  const ran = await folder.run('plan --sandbox');
  expect(ran.code).toBe(1);
  expect(ran.stdout + ran.stderr).toContain('would cost 12 USD an hour');
});

it('takes a currency by its code', async () => {
  const folder = new Stage(CONFIGURATION.replace('USD', 'dollars'));
  const { code, document } = await folder.json('validate');
  expect(code).toBe(1);
  expect(document).toMatchObject({
    findings: [{ message: expect.stringContaining('the code of a currency such as USD') }],
  });
});

const LATE = `${CONFIGURATION.replace(
  'accounts:',
  `accounts:
  tenant_late:
    suspended: true
    ducklings: { read_write: { size: jumbo }, read_scaling: { size: jumbo, pool_size: 1 } }`,
)}guardrails: { max_compute_ceiling: 27 }
`;

it('counts a suspended account that is new as configured, and then as live', async () => {
  const folder = new Stage(LATE);
  const planned = await folder.json('plan --sandbox');
  expect(planned).toMatchObject({ code: 0, document: { compute: { before: 0, after: 21.6 } } });
  expect(await folder.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
  expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
  folder.edit((text) => text.replace('read_write: { size: standard', 'read_write: { size: jumbo'));
  const upsized = await folder.json('plan --sandbox');
  expect(upsized).toMatchObject({ code: 0, document: { compute: { before: 24, after: 26.4 } } });
});

it('is known beside a suspended account that is not planned', async () => {
  const folder = new Stage(LATE);
  expect(await folder.run('apply --sandbox --yes --only tenant_late')).toMatchObject({ code: 0 });
  expect(await folder.run('plan --sandbox --only etl_prod')).toMatchObject({ code: 0 });
  folder.edit((text) => text.replace('max_compute_ceiling: 27', 'max_compute_ceiling: 21'));
  const refused = await folder.run('plan --sandbox --only etl_prod');
  expect(refused.code).toBe(1);
  expect(refused.stdout + refused.stderr).toContain('would cost 21.6 USD an hour');
});

it('is not told where nothing of it was read', async () => {
  const folder = await Stage.applied(
    CONFIGURATION.replace('accounts:', 'accounts:\n  other: { deletion_protection: false, smoke: false }'),
  );
  for (const format of ['text', 'markdown', 'html']) {
    const { stdout } = await folder.run(`plan --sandbox --destroy --only other --format ${format}`);
    expect(stdout).not.toContain('unknown');
  }
});
