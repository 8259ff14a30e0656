import { expect, it, test } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: \${DEPLOY_KEY}
accounts:
  etl_prod: { smoke: false }
`;

it('a variable whose name speaks of a secret is used only where it is allowed', async () => {
  const stage = new Stage(CONFIGURATION);
  const env = { DEPLOY_KEY: 'acme_value' };
  for (const words of [
    'validate',
    'plan --sandbox',
    'audit --sandbox',
    'apply --sandbox --yes',
    'import --all --sandbox',
  ]) {
    const refused = await stage.run(words, env);
    expect([words, refused.code]).toEqual([words, 1]);
    expect(refused.stdout + refused.stderr).toContain('--allow-env DEPLOY_KEY');
    expect(refused.stdout + refused.stderr).not.toContain('acme_value');
  }
  const planned = await stage.run('plan --sandbox --allow-env DEPLOY_KEY', env);
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining('acme_value') });
  expect(await stage.run('apply --sandbox --yes --allow-env OTHER --allow-env DEPLOY_KEY', env)).toMatchObject({
    code: 0,
  });
});

test.each(['A_KEY,DEPLOY_KEY', '$DEPLOY_KEY', 'DEPLOY_KEY=acme'])('%s is not the name of a variable', async (value) => {
  const stage = new Stage(CONFIGURATION);
  const refused = await stage.run(['validate', '--allow-env', value], { DEPLOY_KEY: 'acme_value' });
  expect(refused).toMatchObject({ code: 64, stdout: '' });
});
