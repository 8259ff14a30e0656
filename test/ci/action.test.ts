/** The plan action by itself: its inputs and outputs, and that README tells them. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { CiStage } from './ci-stage.ts';
import { runJob } from './runner.ts';
import { ACTION, type Job, readAction } from './workflow.ts';

const README = readFileSync(path.join(ACTION, 'README.md'), 'utf8');

/** A job that uses it with these inputs, on a push or in a pull request. */
async function use(
  stage: CiStage,
  inputs: Record<string, string>,
  change = (_folder: string) => {},
  pull = true,
  env = {},
  matrix?: Record<string, string>,
) {
  const uses = 'OWNER/motherduck-accounts/.github/actions/plan@v1';
  const names = Object.keys(readAction().outputs);
  const job: Job = {
    env,
    outputs: Object.fromEntries(names.map((name) => [name, `\${{ steps.it.outputs.${name} }}`])),
    steps: [
      { uses: 'actions/checkout@v6', with: { 'persist-credentials': false } },
      { id: 'it', uses, with: { 'admin-token': stage.secrets.MOTHERDUCK_ADMIN_TOKEN, ...inputs } },
    ],
  };
  const event = pull ? stage.pullRequest(change) : stage.push(change);
  return runJob(job, stage.github.token({ 'pull-requests': 'write' }), stage, { event, ...(matrix && { matrix }) });
}

/** The configuration into a folder of its own. */
function intoTeam(folder: string): void {
  mkdirSync(path.join(folder, 'team'));
  renameSync(path.join(folder, 'motherduck.accounts.yaml'), path.join(folder, 'team/accounts.yaml'));
}

describe.skipIf(isWindows)('README', () => {
  it.each(['inputs', 'outputs'] as const)('has a table of the %s, with their defaults', (kind) => {
    const [, section = ''] = new RegExp(`^## ${kind}\\n(.*?)(?=^## |(?![^]))`, 'ims').exec(README) ?? [];
    const rows = [...section.matchAll(/^\| `([\w-]+)`\s*\|\s*(.*?)\s*\|/gm)];
    const action = readAction();
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(action[kind]));
    if (kind !== 'inputs') return;
    for (const [, name = '', shown] of rows) {
      const { default: value = '' } = action.inputs[name] ?? {};
      if (name !== 'github-token') expect(shown, name).toBe(value === '' ? '' : `\`${value}\``);
    }
  });
});

describe.skipIf(isWindows)('the action', () => {
  it('gives outputs that later steps can use', async () => {
    const stage = await CiStage.open();
    const { status, outputs, log } = await use(stage, {});
    expect(status, log).toBe('success');
    expect(outputs).toMatchObject({
      changes: 'true',
      exitcode: '2',
      'comment-url': stage.github.comments[0]?.html_url,
    });
    expect(outputs.summary).toMatch(/^Plan: 2 accounts to create/);
    expect(readFileSync(outputs['plan-file'] ?? '', 'utf8')).toContain('"kind": "motherduck-accounts plan"');
  });

  it('plans what is asked for', async () => {
    const stage = await CiStage.open();
    const { outputs } = await use(stage, { only: 'etl_*\nbi_*\n' });
    expect(outputs.summary).toMatch(/^Plan: 2 accounts to create/);
    const none = await use(stage, { only: 'etl_*\nno_such_*\n' });
    expect(none.outputs).toMatchObject({ exitcode: '64', changes: '', 'plan-file': '' });
    expect(none.status).toBe('failure');
  });

  it('works in a folder, and its annotations name files from the root', async () => {
    const stage = await CiStage.open();
    const inputs = { 'working-directory': 'team', config: 'accounts.yaml', state: 'accounts.state.json' };
    const { status, log } = await use(stage, inputs, intoTeam);
    expect(status, log).toBe('success');
    expect(stage.github.comments[0]?.body).toContain(
      '<!-- motherduck-accounts plan of: team/accounts.yaml team/accounts.state.json -->',
    );
    const wrong = await use(stage, inputs, (folder) => {
      intoTeam(folder);
      writeFileSync(path.join(folder, 'team/accounts.yaml'), 'version: 2\n');
    });
    expect(wrong.log).toMatch(/^::error file=team\/accounts\.yaml,line=1,/m);
  });

  it('takes the files of the job where it is given none', async () => {
    const stage = await CiStage.open();
    const env = { MDACC_CONFIG: 'team/accounts.yaml', MDACC_STATE: 'team/of-the-team.json' };
    const { status, log } = await use(stage, {}, intoTeam, true, env);
    expect(status, log).toBe('success');
    const marker = '<!-- motherduck-accounts plan of: team/accounts.yaml team/of-the-team.json -->';
    expect(stage.github.comments[0]?.body).toContain(marker);
  });

  it('installs what a lockfile has, with its tarballs, outside of the checkout', async () => {
    const stage = await CiStage.open();
    const { status, log } = await use(
      stage,
      { lockfile: 'tools/package-lock.json', packages: 'left-pad' },
      (folder) => {
        mkdirSync(path.join(folder, 'tools'));
        for (const name of ['package.json', 'package-lock.json', 'mdacc.tgz', '.npmrc', 'other.js'])
          writeFileSync(path.join(folder, 'tools', name), '');
      },
    );
    expect(status, log).toBe('success');
    expect(stage.programs.installed).toEqual(['mdacc.tgz package-lock.json package.json']);
  });

  it('installs the version that it is given, also from a tarball of the checkout or of elsewhere', async () => {
    const stage = await CiStage.open();
    const url = 'https://npm.acme.test/motherduck-accounts-0.1.0.tgz';
    for (const version of ['0.1.1', './motherduck-accounts-0.1.0.tgz', 'tools/mdacc.tgz', '/opt/mdacc.tgz', url]) {
      const { status, log } = await use(stage, { version });
      expect(status, log).toBe('success');
    }
    const installed = stage.programs.installed.map((one) => one.replace('motherduck-accounts@', ''));
    expect(installed).toEqual([
      '0.1.1',
      expect.stringMatching(/^\/.*[^.]\/motherduck-accounts-0\.1\.0\.tgz$/),
      expect.stringMatching(/^\/.*\/tools\/mdacc\.tgz$/),
      '/opt/mdacc.tgz',
      url,
    ]);
  });

  it('takes the address that it is given, whatever variables of the job name another', async () => {
    const stage = await CiStage.open();
    const other = { MOTHERDUCK_API_BASE_URL: 'http://127.0.0.1:9' };
    const given = { 'api-url': stage.organization.env.MOTHERDUCK_API_URL ?? '' };
    expect((await use(stage, given, () => {}, true, other)).outputs).toMatchObject({ exitcode: '2' });
  });

  it('keeps a comment for each folder and each "only", also when a plan fails', async () => {
    const stage = await CiStage.open();
    const both = (folder: string) => {
      for (const team of ['team', 'infra/other']) {
        mkdirSync(path.join(folder, team), { recursive: true });
        copyFileSync(
          path.join(folder, 'motherduck.accounts.yaml'),
          path.join(folder, team, 'motherduck.accounts.yaml'),
        );
      }
    };
    const runs = [
      { 'working-directory': 'team' },
      { 'working-directory': 'infra/other' },
      { 'working-directory': 'team', only: 'etl_*' },
      { 'working-directory': 'team', only: '*' },
    ];
    for (const inputs of [...runs, ...runs]) await use(stage, inputs, both);
    const { comments } = stage.github;
    expect(comments).toHaveLength(4);
    const found = comments.map(({ body }) => body.split('\n')[2]);
    expect(found[1]).toBe(
      '<!-- motherduck-accounts plan: acme infra/other/motherduck.accounts.yaml infra/other/motherduck.accounts.state.json sandbox -->',
    );
    const wrong = (folder: string) => {
      both(folder);
      writeFileSync(path.join(folder, 'team/motherduck.accounts.yaml'), 'version: 2\n');
    };
    await use(stage, runs[2] ?? {}, wrong);
    expect(comments.map(({ body }) => body.startsWith('❌'))).toEqual([false, false, true, false]);
  });

  it('keeps a comment for each organization and each state that a variable names', async () => {
    const stage = await CiStage.open();
    const byVariable = (folder: string) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('organization: acme', `organization: \${ORG}`));
    };
    const broken = (folder: string) => writeFileSync(path.join(folder, 'motherduck.accounts.yaml'), 'version: 2\n');
    const job = (ORG: string, MDACC_STATE = '', change = byVariable) =>
      use(stage, {}, change, true, { ORG, ...(MDACC_STATE && { MDACC_STATE }) }, { ORG });
    for (let round = 0; round < 2; round += 1) {
      await job('acme');
      await job('globex');
      await job('acme', 'of-the-us.json');
    }
    const { comments } = stage.github;
    expect(comments.map(({ body }) => /plan: (\S+ \S+ \S+)/.exec(body)?.[1])).toEqual([
      'acme motherduck.accounts.yaml motherduck.accounts.state.json',
      'globex motherduck.accounts.yaml motherduck.accounts.state.json',
      'acme motherduck.accounts.yaml of-the-us.json',
    ]);
    // A run that fails knows no organization, and takes its own job's comment.
    for (let round = 0; round < 2; round += 1) {
      await job('globex', '', broken);
      expect(comments.map(({ body }) => body.startsWith('❌'))).toEqual([false, true, false]);
    }
    await job('acme');
    await job('globex');
    expect(comments.map(({ body }) => body.startsWith('❌'))).toEqual([false, false, false]);
  });

  it('takes the comment of no other organization when a plan fails, and leaves none of a failure', async () => {
    const stage = await CiStage.open();
    const byVariable = (folder: string) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('organization: acme', `organization: \${ORG}`));
    };
    const broken = (folder: string) => writeFileSync(path.join(folder, 'motherduck.accounts.yaml'), 'version: 2\n');
    const job = (ORG: string, change = byVariable) => use(stage, {}, change, true, { ORG });
    const fails = (ORG: string) => use(stage, { 'admin-token': 'wrong' }, byVariable, true, { ORG });
    const kinds = () =>
      stage.github.comments.map(({ body }) => /plan: (\S+)/.exec(body)?.[1] ?? (body.startsWith('❌') ? 'failed' : ''));
    await job('eu');
    for (let round = 0; round < 2; round += 1) {
      await fails('us');
      expect(kinds()).toEqual(['eu', 'failed']);
    }
    for (let round = 0; round < 2; round += 1) {
      await job('eu');
      await job('us');
      expect(kinds()).toEqual(['eu', 'us']);
    }
    for (let round = 0; round < 2; round += 1) {
      await fails('us');
      expect(kinds()).toEqual(['eu', 'failed']);
    }
    await job('us');
    expect(kinds()).toEqual(['eu', 'us']);
    // Without its line of the organization, which of the two fails is not known.
    for (const ORG of ['eu', 'us']) {
      await job(ORG, broken);
      expect(kinds()).toEqual(['eu', 'us', 'failed']);
    }
    for (const ORG of ['eu', 'us']) {
      await job(ORG);
      expect(kinds()).toEqual(['eu', 'us']);
    }
  });

  it.each(['team', '..team'])('reads no link that leads out of the repository: %s', async (name) => {
    const stage = await CiStage.open();
    const own = path.join(stage.folder, 'credentials');
    writeFileSync(own, 'aws_secret_access_key: [s3cret\n');
    const link = (folder: string) => {
      mkdirSync(path.join(folder, name));
      symlinkSync(own, path.join(folder, name, 'accounts.yaml'));
    };
    const { summary, log } = await use(stage, { 'working-directory': name, config: 'accounts.yaml' }, link);
    expect(summary).toContain('leads out of the repository');
    expect(`${log}${summary}`).not.toContain('s3cret');
  });

  it('writes no comment and no artifact when none is wanted', async () => {
    const stage = await CiStage.open();
    const { status } = await use(stage, { comment: 'false', 'artifact-name': '' });
    expect(status).toBe('success');
    expect(stage.github.calls).toEqual([]);
    expect(readdirSync(stage.artifacts)).toEqual([]);
  });

  it('outside of pull requests plans without a comment', async () => {
    const stage = await CiStage.open();
    const { status, outputs } = await use(stage, {}, () => {}, false);
    expect(status).toBe('success');
    expect(outputs).toMatchObject({ changes: 'true', 'comment-url': '' });
    expect(stage.github.calls).toEqual([]);
  });

  it('fails, and says what to do, when it may not write the comment', async () => {
    const stage = await CiStage.open();
    const { status, log } = await use(stage, { 'github-token': stage.github.token({ contents: 'read' }) });
    expect(status).toBe('failure');
    expect(log).toMatch(/comment .* 403 .*POST/);
    expect(log).toContain('permissions: { contents: read, pull-requests: write }');
    expect(existsSync(path.join(stage.artifacts, 'motherduck-accounts-plan/accounts.plan'))).toBe(true);
  });

  it("finds a person's own comment, when it has that person's token", async () => {
    const stage = await CiStage.open();
    const person = { login: 'ada', type: 'User' } as const;
    const inputs = { 'github-token': stage.github.token({ 'pull-requests': 'write' }, person) };
    await use(stage, inputs);
    await use(stage, inputs);
    expect(stage.github.comments.map(({ user }) => user)).toEqual([person]);
  });
});
