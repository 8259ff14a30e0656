/** With --quiet stderr has errors alone, and stdout the result as ever. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const UNUSED_POOL = '\nduckling_pools:\n  never_used: { read_write: { size: pulse } }\n';

it('every command is silent on stderr where nothing is wrong, warnings too', async () => {
  const folder = new Stage('version: 1\norganization: acme\naccounts:\n  etl: { tokens: {} }\n');
  folder.edit((text) => text + UNUSED_POOL);
  expect((await folder.run('plan --sandbox')).stderr).toMatch(/:7:3: warning: .*"never_used"/);
  const commands = [
    'validate',
    'plan --sandbox --out today.plan',
    'apply --sandbox --yes --no-smoke',
    'smoke --sandbox',
    'doctor --sandbox',
    'audit --sandbox --fail-on never',
    'sandbox seed 2',
    'import --all --sandbox --yes',
    'state list',
    'state show etl',
    'state mv etl Etl',
    'version',
    'state forget etl --yes',
    'state unlock',
    'schema plan',
    'sandbox advance 1d',
    'sandbox reset',
    'init --config new.yaml',
  ];
  for (const command of commands) {
    const ran = await folder.run(`${command} --quiet`);
    expect(ran, command).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout, command).not.toBe('');
  }
});

it('--quiet still shows errors', async () => {
  const ran = await new Stage().run('plan --quiet');
  expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('MOTHERDUCK_ADMIN_TOKEN') });
});
