/** Formats that programs read name files from the root of the git repository, whatever the current folder is. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const FILE = 'infra/x/motherduck.accounts.yaml';
const INCLUDED = 'infra/x/accounts/more.yaml';

/** A configuration in `infra/x` of a git repository; `.git` is a file in worktrees and submodules. */
function inRepository(dotGit: 'file' | 'folder'): Stage {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'repository-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  if (dotGit === 'file') writeFileSync(path.join(root, '.git'), 'gitdir: elsewhere\n');
  else mkdirSync(path.join(root, '.git'));
  const folder = path.join(root, 'infra/x');
  mkdirSync(path.join(folder, 'accounts'), { recursive: true });
  const stage = new Stage(readFileSync('motherduck.accounts.yaml', 'utf8'), { folder });
  stage.edit((text) => `${text}\ninclude: [accounts/*.yaml]\n`);
  stage.write('accounts/more.yaml', 'accounts:\n  from_include: {}\n');
  return stage;
}

it.each(['file', 'folder'] as const)('validate names wrong files from the root, with a .git %s', async (dotGit) => {
  const stage = inRepository(dotGit);
  stage.write('accounts/more.yaml', 'accounts:\n  from_include: { token: {} }\n');
  const { stdout: github } = await stage.run('validate --format github');
  expect(github).toContain(`::error file=${INCLUDED},line=2,`);
  const { stdout: sarif } = await stage.run('validate --format sarif');
  expect(sarif).toContain(`"uri": "${INCLUDED}"`);
  expect(sarif).toContain(`"id": "validate/${FILE}/"`);
  const json = JSON.parse((await stage.run('validate --format json')).stdout);
  expect(json).toMatchObject({ files: [FILE, INCLUDED], findings: [{ file: INCLUDED, line: 2 }] });
  const { stdout: text } = await stage.run('validate');
  expect(text).toContain('accounts/more.yaml');
  expect(text).not.toContain('infra/x');
  const failed = JSON.parse((await stage.run('plan --sandbox --format json')).stdout);
  expect(failed.error.diagnostics).toMatchObject([{ file: INCLUDED }]);
});

it('audit and plan name files from the root of the repository', async () => {
  const stage = inRepository('folder');
  const sarif = JSON.parse((await stage.run('audit --sandbox --format sarif')).stdout);
  const uris = sarif.runs[0].results.map(
    (result: { locations: [{ physicalLocation: { artifactLocation: { uri: string } } }] }) =>
      result.locations[0].physicalLocation.artifactLocation.uri,
  );
  expect(new Set(uris)).toEqual(new Set([FILE, INCLUDED]));
  const audit = JSON.parse((await stage.run('audit --sandbox --format json')).stdout);
  expect(audit).toMatchObject({ file: FILE, scope: { configuration: FILE } });
  const { stdout: junit } = await stage.run('audit --sandbox --format junit');
  expect(junit).toContain(`${INCLUDED}:2`);
  const plan = JSON.parse((await stage.run('plan --sandbox --format json --only from_include')).stdout);
  expect(plan.actions[0]).toMatchObject({ location: { file: INCLUDED } });
  expect(plan.scope).toEqual({
    configuration: FILE,
    state: 'infra/x/motherduck.accounts.state.json',
    only: ['from_include'],
  });
});

it('the state of another configuration is named so in data, and as it can be typed in messages', async () => {
  const stage = inRepository('folder');
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  stage.write('staging.yaml', stage.read(CONFIG));
  for (const words of ['plan', 'apply --yes --no-smoke']) {
    const { stdout } = await stage.run(`${words} --sandbox --only from_include -c staging.yaml --format json`);
    const [error] = JSON.parse(stdout).errors;
    expect(error).toMatchObject({ kind: 'managed_elsewhere', state: `infra/x/${STATE}` });
    expect(error.message).toMatch(/^motherduck\.accounts\.state\.json, the state/);
    expect(error.hint.command).toContain(STATE);
  }
});

it('outside of a repository they are named as in other outputs', async () => {
  const stage = new Stage();
  stage.edit((text) => text.replace('accounts:', 'accountz:'));
  const { stdout } = await stage.run('validate --format github');
  expect(stdout).toContain('::error file=motherduck.accounts.yaml,');
});
