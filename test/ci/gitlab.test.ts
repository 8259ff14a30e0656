/** GitLab's pipeline: what it is made of, and what its jobs do. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { expandPipeline, PIPELINE, PIPELINE_EXAMPLE, pipelineJobs } from './gitlab-pipeline.ts';
import { expandedPipeline, GitLabStage, temporary } from './gitlab-stage.ts';
import { EXAMPLE } from './workflow.ts';

const STATE = 'motherduck.accounts.state.json';
const DAY = 86_400;

describe.skipIf(isWindows)('the pipeline', () => {
  it('is what GitLab takes, by its own schema, which would say otherwise', () => {
    const jobs = expandedPipeline();
    expect(jobs.apply?.resource_group).toBe('motherduck-state');
    expect(jobs.rotate?.resource_group).toBe('motherduck-state');
    expect(() => expandPipeline(temporary(), `${PIPELINE}\n  foo: bar\n`)).toThrow("'foo' property is not expected");
  });

  it.each([
    [
      'a merge request',
      { CI_PIPELINE_SOURCE: 'merge_request_event', CI_PROJECT_ID: '9', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '9' },
      ['validate: on_success', 'plan: on_success'],
    ],
    [
      'one from a fork',
      { CI_PIPELINE_SOURCE: 'merge_request_event', CI_PROJECT_ID: '9', CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '8' },
      ['validate: on_success'],
    ],
    ['main', { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main' }, ['plan-main: on_success', 'apply: manual']],
    [
      'the night',
      { CI_PIPELINE_SOURCE: 'schedule', CI_COMMIT_BRANCH: 'main' },
      ['rotate: on_success', 'audit: always'],
    ],
  ])('of %s has its jobs and no others', (_name, variables, jobs) => {
    expect(pipelineJobs(temporary(), PIPELINE, variables)).toEqual(jobs);
  });

  it('installs what GitHub installs, and shares its scripts', () => {
    const read = (...names: string[]) => readFileSync(path.join(...names), 'utf8');
    const script = 'commit-state.sh';
    expect(read(PIPELINE_EXAMPLE, 'ci', script)).toBe(read(EXAMPLE, '.github/scripts', script));
    const [, version] = /motherduck-accounts@(\S+)/.exec(read(EXAMPLE, '.github/workflows/apply.yml')) ?? [];
    expect(new Set(PIPELINE.match(/motherduck-accounts@\S+/g))).toEqual(new Set([`motherduck-accounts@${version}`]));
  });
});

describe.skipIf(isWindows)('a merge request', () => {
  it('has one note, which is written over, and says when there is no plan any more', async () => {
    const project = await GitLabStage.open();
    const { notes } = project.gitlab;
    project.gitlab.note(
      1,
      'Look:\n<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->\n',
    );
    for (let count = 0; count < 130; count += 1) project.gitlab.note(1, `Note ${count}`);
    expect(await project.run('validate')).toMatchObject({ code: 0 });
    const first = await project.run('plan');
    expect(first.code, first.log).toBe(0);
    expect(notes).toHaveLength(132);
    expect(notes.at(-1)?.body).toMatch(/^\*\*Plan: 2 accounts to create/);

    expect((await project.run('plan', { env: { MOTHERDUCK_ADMIN_TOKEN: 'wrong' } })).code).toBe(1);
    expect(notes).toHaveLength(132);
    expect(notes.at(-1)?.body).toMatch(/^❌ \*\*The plan failed\.\*\*/);

    await project.run('plan');
    expect(notes).toHaveLength(132);
    expect(notes.at(-1)?.body).toMatch(/^\*\*Plan: 2 accounts to create/);
    expect(notes[0]?.body).toContain('Look:');
  });

  it('is compared with its target branch: the note says which guardrail is another', async () => {
    const project = await GitLabStage.open();
    const { repository, notes } = project.gitlab;
    const base = repository.commit('A change', () => {});
    const commit = repository.commit('A proposal', (folder) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('[pulse, standard]', '[pulse, standard, giga]'));
    });
    const env = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_MERGE_REQUEST_DIFF_BASE_SHA: base };
    const { code, log } = await project.run('plan', { commit, env });
    expect(code, log).toBe(0);
    expect(notes.at(-1)?.body).toMatch(/⚠️ \*\*.*main: guardrails\.allowed.*giga/);
  });

  it('keeps a note for each job that plans', async () => {
    const project = await GitLabStage.open();
    const { notes } = project.gitlab;
    await project.run('plan', { env: { CI_JOB_NAME: 'plan: [dev]' } });
    await project.run('plan', { env: { CI_JOB_NAME: 'plan: [prod]' } });
    await project.run('plan', { env: { CI_JOB_NAME: 'plan: [prod]', MOTHERDUCK_ADMIN_TOKEN: 'wrong' } });
    expect(notes.map(({ body }) => body.startsWith('❌'))).toEqual([false, true]);
  });

  it('is planned without a token for notes too', async () => {
    const project = await GitLabStage.open();
    const { code, log } = await project.run('plan', { env: { GITLAB_NOTE_TOKEN: '' } });
    expect(code, log).toBe(0);
    expect(log).toMatch(/\bartifacts\.$/m);
    expect(project.gitlab.notes).toEqual([]);
  });
});

describe.skipIf(isWindows)('main', () => {
  it('applies the plan that was looked at, keeps secrets in variables, and commits the state', async () => {
    const project = await GitLabStage.open({ smoke: true, asProcess: true });
    const { repository, variables } = project.gitlab;
    expect(await project.run('plan-main')).toMatchObject({ code: 0 });
    const { code, log } = await project.run('apply');
    expect(code, log).toBe(0);
    expect([...variables.keys()].sort()).toEqual([
      'MOTHERDUCK_TOKEN_bi_prod__metabase',
      'MOTHERDUCK_TOKEN_etl_prod__airflow',
    ]);
    for (const secret of variables.values()) expect(log).not.toContain(secret);
    expect(repository.messages()).toEqual(['MotherDuck state after run 11-12 [skip ci]', 'The first commit']);

    const again = await project.run('plan-main');
    expect(again.log).toMatch(/^No changes\./m);
  });

  it.each([
    ['a__b', 'c', 'would look like the end'],
    ['a', 'b-c', 'a character that variables cannot have'],
  ])('keeps no secret in a variable that two tokens could share: %s/%s', (account, token, why) => {
    const stores = spawnSync(process.execPath, ['ci/store-variable.mjs', account, token], {
      cwd: PIPELINE_EXAMPLE,
      env: {},
      input: 'secret',
      encoding: 'utf8',
    });
    expect(stores.status).toBe(1);
    expect(stores.stderr).toContain(why);
  });

  it('survives that somebody pushes first, and starts from the newest state whatever commit it is for', async () => {
    const project = await GitLabStage.open();
    const { repository } = project.gitlab;
    const old = repository.commit('Something', () => {});
    await project.run('plan-main');
    const between = () =>
      void repository.commit('Faster', (folder) => writeFileSync(path.join(folder, 'NOTES.md'), 'x'));
    const { code, log } = await project.run('apply', { between });
    expect(code, log).toBe(0);
    expect(repository.messages().slice(0, 2)).toEqual(['MotherDuck state after run 11-12 [skip ci]', 'Faster']);
    const again = await project.run('plan-main', { commit: old });
    expect(again.log).toMatch(/^No changes\./m);
  });

  it.each([
    [STATE, {}],
    ['prod.state.json', { MDACC_STATE: 'prod.state.json' }],
  ])('puts %s among the artifacts when main takes no push', async (name, env) => {
    const project = await GitLabStage.open();
    await project.run('plan-main', { env });
    const hook = path.join(project.gitlab.repository.bare, 'hooks/pre-receive');
    mkdirSync(path.dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { code, log } = await project.run('apply', { env });
    expect(code, log).toBe(1);
    expect(project.gitlab.repository.read(name)).toBeUndefined();
    const kept = project.artifact(`motherduck-state/${name}`) ?? '{"accounts":{}}';
    expect(JSON.parse(kept).accounts).toHaveProperty('etl_prod');
  });

  it('refuses a plan twice, and changes nothing by it', async () => {
    const project = await GitLabStage.open();
    await project.run('plan-main');
    expect((await project.run('apply')).code).toBe(0);
    const state = project.gitlab.repository.read(STATE);
    const { code, log } = await project.run('apply');
    expect(code).toBe(1);
    expect(log).toMatch(/^Error: .*\bstale\b/m);
    expect(project.gitlab.repository.read(STATE)).toBe(state);
  });

  it('rotates at night', async () => {
    const project = await GitLabStage.open();
    await project.run('plan-main');
    await project.run('apply');
    const before = new Map(project.gitlab.variables);
    await project.organization.inSandbox((organization) => organization.advance(24 * DAY));
    const { code, log } = await project.run('rotate');
    expect(code, log).toBe(0);
    const { variables } = project.gitlab;
    expect(variables.get('MOTHERDUCK_TOKEN_bi_prod__metabase')).not.toBe(
      before.get('MOTHERDUCK_TOKEN_bi_prod__metabase'),
    );
    expect(variables.get('MOTHERDUCK_TOKEN_etl_prod__airflow')).toBe(before.get('MOTHERDUCK_TOKEN_etl_prod__airflow'));
    expect(project.gitlab.repository.messages()).toHaveLength(3);
  });
});
