/** The commands of docs/getting-started.md, typed in this order in a shell. A served sandbox takes MotherDuck's place. */
import { expect, it } from 'vitest';
import { installMdacc, shell } from '../commands/shell.ts';
import { blocksOf, readText } from '../examples/markdown.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

it.skipIf(isWindows)('docs/getting-started.md leads from an empty folder to an apply at MotherDuck', async () => {
  const [, begin = '', rehearse = '', apply = ''] = blocksOf(readText('docs/getting-started.md'), 'console');
  const folder = new Stage('');
  folder.remove('motherduck.accounts.yaml');
  installMdacc(folder);
  await folder.serve();
  // The rehearsal has a sandbox of its own.
  const { MOTHERDUCK_ADMIN_TOKEN: token = '', MDACC_SANDBOX: served = '' } = folder.env;
  delete folder.env.MDACC_SANDBOX;
  // Nobody is there to answer.
  const lines = ['mkdir clone && cd clone', begin, rehearse, `export MDACC_SANDBOX='${served}'`, apply]
    .join('\n')
    .replace('MOTHERDUCK_ADMIN_TOKEN=…', `MOTHERDUCK_ADMIN_TOKEN=${token}`)
    .replace(/^mdacc apply( --sandbox)?/gm, '$& --yes');
  const { code, stdout, stderr } = await shell(folder, `set -e\n${lines}\nmdacc plan --detailed-exitcode`);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/No changes\.[^\n]*\n$/) });
  expect(folder.has('md-accounts/.motherduck/secrets.env')).toBe(true);
  expect(folder.has('rehearsal/.motherduck/secrets.env')).toBe(true);
});

it.skipIf(isWindows)(
  'README.md leads from a clone to an apply in the sandbox, and the plan after it to MotherDuck',
  async () => {
    const readme = readText('README.md');
    const begin = blocksOf(readme, 'console').find((block) => block.includes('mdacc init')) ?? expect.unreachable();
    const [configuration = expect.unreachable()] = blocksOf(readme, 'yaml');
    const folder = new Stage('');
    folder.remove('motherduck.accounts.yaml');
    installMdacc(folder);
    expect(await shell(folder, `set -e\nmkdir clone && cd clone\n${begin}`)).toMatchObject({ code: 0 });
    expect(folder.has('md-accounts/motherduck.accounts.yaml')).toBe(true);
    folder.write('md-accounts/motherduck.accounts.yaml', configuration);
    const applied = await shell(
      folder,
      'cd md-accounts && mdacc apply --sandbox --yes && MOTHERDUCK_ADMIN_TOKEN=x mdacc plan',
    );
    expect(applied.stdout).toContain('Smoke test: 3 of 3');
    expect(applied.stderr).toContain('rm motherduck.accounts.state.json');
  },
);
