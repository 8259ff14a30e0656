/** A pull request may include a file that a job left in the work tree: a runner says where it is wrong, and shows nothing of it. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

const SECRET = 'hunter-and-fisher';
const PROFILES = `dbpw: ${SECRET}\naccounts:\n  abc: { tokens: { ${SECRET}: 5, a: ${SECRET} }, smoke: ${SECRET} }\n  abc: {}\n  ? "${SECRET}"\n`;

function including(): Stage {
  const stage = new Stage('version: 1\norganization: acme\ninclude: [accounts/*.yaml]\naccounts: {}\n');
  stage.write('accounts/profiles.yaml', PROFILES);
  execFileSync('git', ['init', '-q', stage.path]);
  return stage;
}

const CI = { CI: 'true' };

it.each(['text', 'json', 'github', 'sarif'])(
  'an untracked include on a runner is an error as %s that shows nothing of the file',
  async (format) => {
    const { code, stdout, stderr } = await including().run(`validate --format ${format}`, CI);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('accounts/profiles.yaml');
    expect(stdout + stderr).toContain('git add');
    expect(stdout + stderr).not.toMatch(/hunter|dbpw/);
  },
);

it.each([CI, { BUILD_URL: 'https://ci.example.org/1' }, { TF_BUILD: 'True' }])(
  'plan on a runner says nothing either: %o',
  async (env) => {
    const { stderr } = await including().run('plan --sandbox', env);
    expect(stderr).toMatch(/accounts\/profiles\.yaml:1:1/);
    expect(stderr).not.toMatch(/hunter|dbpw/);
  },
);

it.each(['added', 'on a computer'])('the line of a file is shown: %s', async (where) => {
  const stage = including();
  if (where === 'added') execFileSync('git', ['-C', stage.path, 'add', CONFIG, 'accounts']);
  const { stdout } = await stage.run('validate', where === 'added' ? CI : {});
  expect(stdout).toContain(`tokens: { ${SECRET}`);
  expect(stdout).not.toContain('git add');
});

it('a new file is valid on a runner, and applied', async () => {
  const stage = including();
  stage.write('accounts/profiles.yaml', 'accounts:\n  abc: {}\n');
  expect(await stage.run('plan --sandbox', CI)).toMatchObject({ code: 0 });
});
