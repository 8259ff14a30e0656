/** rotate, destroy and state, through the command line. */
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';

describe('rotate', () => {
  it('replaces the token that is named, now, and nothing else', async () => {
    const folder = await Stage.applied();
    const before = folder.read('.motherduck/secrets.env');
    const rotated = await folder.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
    expect(rotated.code).toBe(0);
    expect(rotated.stdout).toContain('airflow -> airflow.2');
    expect(rotated.stdout).toContain('requested with mdacc rotate');
    expect(rotated.stdout).toContain('1 of 1 actions done');
    const after = folder.read('.motherduck/secrets.env');
    const changed = after.split('\n').filter((line) => !before.includes(line));
    expect(changed.map((line) => line.split('=')[0])).toEqual(['MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW']);
    expect((await folder.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });

  it('of an account replaces all of its tokens', async () => {
    const folder = await Stage.applied();
    const { stdout } = await folder.run('rotate ETL_PROD --sandbox --yes --no-smoke');
    expect(stdout).toContain('2 to rotate');
    expect(stdout).toContain('all 2 tokens of etl_prod turn over within one overlap');
  });

  it.each([
    ['etl_prd', 'no account "etl_prd"', 'did you mean "etl_prod"?'],
    ['etl_prod/airflw', 'no token "airflw"', 'did you mean "airflow"?'],
  ])('%s is wrong usage', async (name, ...words) => {
    const ran = await new Stage().run(['rotate', name, '--sandbox']);
    expect(ran.code).toBe(64);
    for (const word of words) expect(ran.stderr).toContain(word);
  });
});

describe('destroy', () => {
  it('obeys the guards, and then deletes what the state manages and nothing else', async () => {
    const folder = await Stage.applied();
    const refused = await folder.run('destroy --sandbox --yes --allow-delete');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('etl_prod has deletion_protection');
    folder.edit((text) =>
      text
        .replace('max_deletes: 0', 'max_deletes: 3')
        .replace(/(tenant_\w+|etl_prod):( \{)?/g, (all, name, brace) =>
          brace ? `${name}: { deletion_protection: false,` : `${all}\n    deletion_protection: false`,
        ),
    );
    expect((await folder.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await folder.run('destroy --sandbox --yes')).stderr).toContain('--allow-delete');
    expect((await folder.run('destroy --sandbox')).stderr).toContain('there is no terminal to ask on');
    const done = await folder.run('destroy --sandbox --yes --allow-delete');
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('destroy deletes all that is managed; 2 tokens and all databases it owns go with it');
    expect((await folder.run('state list')).stdout).toContain('acme, in the sandbox: 0 accounts, 0 tokens');
    expect((await folder.run('destroy --sandbox --yes --allow-delete')).stdout).toContain('No changes.');
  });
});

describe('state', () => {
  it('list and show look at it', async () => {
    const folder = await Stage.applied();
    const { stdout } = await folder.run('state list');
    expect(stdout).toMatch(/^etl_prod {2}created 20\d\d-\d\d-\d\d, protected, never tested$/m);
    expect(stdout).toMatch(
      /^ {2}airflow {6}airflow, read_write, expires 20\S+, secret in \.motherduck\/secrets\.env#MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW$/m,
    );
    expect(JSON.parse((await folder.run('state list --format json')).stdout)).toMatchObject({
      version: 2,
      sandbox: true,
    });
    expect(JSON.parse((await folder.run('state show etl_prod/airflow')).stdout)).toMatchObject({
      generation: 1,
      current: { name: 'airflow' },
    });
    expect(await folder.run('state show nobody')).toMatchObject({ code: 64 });
  });

  it('forget drops an entry and leaves MotherDuck as it is', async () => {
    const folder = await Stage.applied();
    expect((await folder.run('state forget tenant_acme')).code).toBe(1);
    expect((await folder.run('state forget tenant_acme --yes')).stdout).toContain('Forgot tenant_acme.');
    expect((await folder.run('state forget etl_prod/airflow --yes')).code).toBe(0);
    const plan = await folder.run('plan --sandbox');
    expect(plan.stdout).toContain('? tenant_acme');
    expect(plan.stdout).toContain('0 to revoke, 2 to adopt');
  });

  it('says where it was looked for when there is none', async () => {
    const ran = await new Stage().run('state list');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('there is no state at motherduck.accounts.state.json');
  });
});
