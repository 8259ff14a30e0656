/** `mdacc schema`: every document that a command prints with --format json is valid against one of them. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

/** Compiles the schema that the program prints. */
async function schemaOf(which: string) {
  const { code, stdout } = await new Stage().run(['schema', which]);
  expect(code).toBe(0);
  return new Ajv2020({ strict: false }).compile(JSON.parse(stdout));
}

describe('mdacc schema', () => {
  it.each([
    ['plan', 'plan --sandbox', 0],
    ['plan', 'apply --sandbox --yes --no-smoke', 0],
    ['plan', 'rotate etl_prod/airflow --revoke-old --sandbox --yes --timeout 20s', 0],
    ['plan', 'plan -c nope.yaml', 1],
    ['audit', 'audit --sandbox --fail-on never', 0],
    ['audit', 'audit --sandbox --parallelism 0', 64],
    ['doctor', 'doctor --sandbox', 0],
    ['doctor', 'doctor', 1],
    ['doctor', 'doctor --parallelism 0', 64],
    ['smoke', 'smoke --sandbox etl_prod', 0],
    ['smoke', 'smoke --sandbox nobody', 64],
    ['validate', 'validate', 0],
    ['validate', 'validate -c nope.yaml', 1],
  ])('%s describes what is printed by: mdacc %s', async (which, words, exit) => {
    const isValid = await schemaOf(which);
    const stage = words.startsWith('apply') ? new Stage() : await Stage.applied();
    const { code, document } = await stage.json(words);
    expect(code).toBe(exit);
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  });

  it('smoke describes a failing test, and one that was skipped', async () => {
    const stage = await Stage.applied();
    stage.edit((text) => text.replace("SELECT 'etl_prod can query'", 'SELECT nothing'));
    stage.edit((text) => text.replace('tenant_acme: { template', 'tenant_acme: { suspended: true, template'));
    const isValid = await schemaOf('smoke');
    const { document } = await stage.json('smoke --sandbox etl_prod tenant_acme');
    expect(document).toMatchObject({ passed: false, accounts: [{ outcome: 'failed' }, { outcome: 'skipped' }] });
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  });

  it('validate describes an error with a second location', async () => {
    const stage = new Stage();
    const text = stage.read(CONFIG);
    stage.write(CONFIG, `${text}\norganization: twice\n`);
    const isValid = await schemaOf('validate');
    const { document } = await stage.json('validate');
    expect(document).toMatchObject({ valid: false });
    expect(JSON.stringify(document)).toContain('"related"');
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  });
});
