/** A first look at an organization: an audit without a configuration. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';

/** A folder without a configuration, and an unmanaged organization. */
async function firstLook(): Promise<Stage> {
  const ducklings = '{ read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 0 } }';
  const folder = await Stage.applied(`version: 1
organization: acme
accounts: { etl_prod: { ducklings: ${ducklings} } }
`);
  for (const file of ['motherduck.accounts.yaml', 'motherduck.accounts.state.json']) folder.remove(file);
  await folder.inSandbox(async (organization) => {
    await organization.mint({ username: 'etl_prod', name: 'forever' });
    await organization.mint({ username: 'etl_prod', name: 'fine', ttl: 7_000_000 });
  });
  return folder;
}

describe('mdacc audit without a configuration', () => {
  it('judges by good practice alone, writes nothing, and says what to type next, which works', async () => {
    const folder = await firstLook();
    const ran = await folder.run('audit --sandbox');
    expect(ran.code).toBe(2);
    expect(ran.stdout.match(/MDA\d+ {2}\S+/g)).toEqual(['MDA003  etl_prod/forever']);
    expect(ran.stdout).not.toMatch(/"ignore"|mdacc import/);
    expect(ran.stdout).toMatch(/no configuration.*mdacc init --from-live --sandbox\n$/s);
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
    expect((await folder.run('audit --sandbox')).stdout.replace(/\d\d:\d\d UTC/, '')).toBe(
      ran.stdout.replace(/\d\d:\d\d UTC/, ''),
    );
    expect((await folder.run('init --from-live --sandbox --yes')).code).toBe(0);
    expect((await folder.run('audit --sandbox')).stdout).not.toContain('no configuration');
  });

  it('says so in every format', async () => {
    const folder = await firstLook();
    const as = async (format: string) => (await folder.run(`audit --sandbox --format ${format}`)).stdout;
    const document = JSON.parse(await as('json')) as object;
    expect(document).toMatchObject({ unconfigured: true, findings: [{ rule: 'MDA003' }] });
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse((await folder.run('schema audit')).stdout));
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    for (const format of ['markdown', 'html']) expect(await as(format)).toContain('mdacc init --from-live --sandbox');
    expect((await folder.run('audit --sandbox --format sarif')).code).toBe(2);
    expect((await folder.run('audit --sandbox --format junit')).code).toBe(2);
  });

  it('is refused where a configuration was meant: a named file, a similar name, a state', async () => {
    const folder = await firstLook();
    const code = async (options: string) => (await folder.json(`audit --sandbox ${options}`)).document;
    const missing = { error: { code: 'CONFIG_NOT_FOUND' } };
    expect(await code('--config prod.yaml')).toMatchObject(missing);
    expect(await code('--state prod.state.json')).toMatchObject(missing);
    folder.write('motherduck.acounts.yaml', 'version: 1\n');
    expect(await code('')).toMatchObject(missing);
    folder.remove('motherduck.acounts.yaml');
    folder.write('motherduck.accounts.state.json', '{}');
    expect(await code('')).toMatchObject(missing);
  });
});
