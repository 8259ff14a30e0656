/** On main: plan, approval, exactly that plan, and the state back in the repository, whatever became of it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { isWindows } from '../platform.ts';
import { CiStage } from './ci-stage.ts';
import { EXAMPLE } from './workflow.ts';

const STATE = 'motherduck.accounts.state.json';
const APPLY = 'Apply the approved plan';
const COMMIT = 'Commit the state';

const nothing = () => {};
const readme = (folder: string) => writeFileSync(path.join(folder, 'NOTES.md'), 'somebody was faster\n');

interface StateFile {
  readonly serial: number;
  readonly accounts: Record<string, { tokens: Record<string, { current?: { generation: number } }> }>;
}

function state(stage: CiStage, branch = 'main'): StateFile | undefined {
  const text = stage.github.repository.read(STATE, branch);
  return text === undefined ? undefined : (JSON.parse(text) as StateFile);
}

describe.skipIf(isWindows)('apply on main', () => {
  it('does the plan, stores the secrets, commits the state, and then there is nothing left to do', async () => {
    const stage = await CiStage.open({ smoke: true, asProcess: true });
    const { plan, approve, apply } = await stage.run('apply.yml', { event: stage.push(nothing) });
    expect(plan?.outputs.changes).toBe('true');
    expect(approve?.status).toBe('success');
    expect(apply?.status, apply?.log).toBe('success');
    expect(Object.keys(state(stage)?.accounts ?? {})).toEqual(['bi_prod', 'etl_prod']);
    expect(stage.github.repository.messages()[0]).toBe('MotherDuck state after run 7-1 [skip ci]');
    expect(stage.programs.installed.at(-1)).toBe('motherduck-accounts@0.1.0');

    const secrets = stage.programs.secrets;
    expect(Object.keys(secrets)).toEqual(['MOTHERDUCK_TOKEN_bi_prod__metabase', 'MOTHERDUCK_TOKEN_etl_prod__airflow']);
    for (const secret of Object.values(secrets)) {
      expect(secret).toMatch(/^\S{20,}$/);
      expect(apply?.log).not.toContain(secret);
      expect(stage.programs.commandLines).not.toContain(secret);
    }

    const again = await stage.run('apply.yml', { event: stage.push(readme) });
    expect(again.plan?.outputs.changes, again.plan?.log).toBe('false');
    expect(Object.keys(again)).toEqual(['plan']);
  });

  it('keeps the token that pushes out of files and command lines', async () => {
    const stage = await CiStage.open();
    const event = stage.push(nothing);
    const secrets = { ...stage.secrets, STATE_PUSH_TOKEN: stage.github.token({ contents: 'write' }) };
    const { apply } = await stage.run('apply.yml', { event, secrets });
    expect(apply?.status, apply?.log).toBe('success');
    const encoded = Buffer.from(`x-access-token:${secrets.STATE_PUSH_TOKEN}`).toString('base64');
    expect(stage.programs.commandLines).toContain('git push');
    for (const text of [apply?.log, stage.programs.commandLines, ...configurations(stage.folder)]) {
      expect(text).not.toContain(encoded);
      expect(text).not.toContain(secrets.STATE_PUSH_TOKEN);
    }
  });

  it('survives that somebody pushes first', async () => {
    const stage = await CiStage.open();
    const before = { [COMMIT]: () => void stage.push(readme) };
    const { apply } = await stage.run('apply.yml', { event: stage.push(nothing), before });
    expect(apply?.status, apply?.log).toBe('success');
    expect(stage.github.repository.messages().slice(0, 2)).toEqual([
      'MotherDuck state after run 7-1 [skip ci]',
      'A change',
    ]);
    expect(stage.github.repository.read('NOTES.md')).toBe('somebody was faster\n');
    expect(state(stage)?.accounts).toHaveProperty('etl_prod');
  });

  it('takes a push for done whose answer was lost', async () => {
    const stage = await CiStage.open();
    const event = stage.push(nothing);
    const git = path.join(stage.programs.bin, 'git');
    const lost = readFileSync(git, 'utf8').replace(/^exec (.*)$/m, '$1\nif [ "$1" = push ]; then exit 1; fi');
    const { apply } = await stage.run('apply.yml', { event, before: { [COMMIT]: () => writeFileSync(git, lost) } });
    expect(apply?.status, apply?.log).toBe('success');
    expect(state(stage)?.accounts).toHaveProperty('etl_prod');
    expect(stage.github.repository.branches()).toEqual(['main']);
  });

  it.each([
    [STATE, {}],
    ['prod.state.json', { MDACC_STATE: 'prod.state.json' }],
  ])('puts %s on a branch of its own and into an artifact when main does not take it', async (name, env) => {
    const stage = await CiStage.open();
    Object.assign(stage.service, env);
    const hook = path.join(stage.github.repository.bare, 'hooks/update');
    mkdirSync(path.dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "protected branch" >&2; exit 1; }\n');
    const event = stage.push(nothing);
    chmodSync(hook, 0o755);
    stage.service.RETRY_SECONDS = '0';
    const { apply } = await stage.run('apply.yml', { event });
    expect(apply?.steps).toMatchObject({ [APPLY]: 'success', [COMMIT]: 'failure' });
    expect(apply?.log).toContain('branch motherduck-state/7-1.');
    expect(apply?.log).toContain('Is main protected?');
    const pushed = stage.github.repository.read(name, 'motherduck-state/7-1') ?? '{"accounts":{}}';
    expect(JSON.parse(pushed).accounts).toHaveProperty('etl_prod');
    const artifact = path.join(stage.artifacts, 'motherduck-accounts-state-1');
    expect(readdirSync(artifact)).toEqual([name]);
    expect(readFileSync(path.join(artifact, name), 'utf8')).toBe(pushed);
  });

  it('never writes over a state that somebody else wrote in the meantime', async () => {
    const stage = await CiStage.open();
    const theirs = '{ "theirs": true }\n';
    const event = stage.push(nothing);
    const before = { [COMMIT]: () => void stage.push((folder) => writeFileSync(path.join(folder, STATE), theirs)) };
    const { apply } = await stage.run('apply.yml', { event, before });
    expect(apply?.status).toBe('failure');
    expect(stage.github.repository.read(STATE)).toBe(theirs);
    expect(state(stage, 'motherduck-state/7-1')?.accounts).toHaveProperty('etl_prod');
  });

  it('refuses an approved plan when the configuration has changed since', async () => {
    const stage = await CiStage.open();
    const change = (folder: string) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      writeFileSync(file, `${readFileSync(file, 'utf8')}  max_pool_size_total: 8\n`);
    };
    const before = { 'echo "Approved."': () => void stage.push(change) };
    const { apply } = await stage.run('apply.yml', { event: stage.push(nothing), before });
    expect(apply?.steps[APPLY]).toBe('failure');
    expect(apply?.log).toMatch(
      /^Error: .*\bstale\b.*: the configuration \(motherduck\.accounts\.yaml\) \[PLAN_STALE\]$/m,
    );
    expect(stage.programs.secrets).toEqual({});
  });

  it('commits what was done when the store failed half way, and a new run does the rest', async () => {
    const stage = await CiStage.open();
    const event = stage.push(nothing);
    const gh = path.join(stage.programs.bin, 'gh');
    const works = readFileSync(gh, 'utf8');
    const before = {
      [APPLY]: () => writeFileSync(gh, works.replace('"secret set")', '"secret set") [[ $3 != *etl* ]] &&')),
    };
    const { apply } = await stage.run('apply.yml', { event, before });
    expect(apply?.steps).toMatchObject({ [APPLY]: 'failure', [COMMIT]: 'success' });
    expect(state(stage)?.accounts.bi_prod?.tokens.metabase?.current?.generation).toBe(1);
    expect(state(stage)?.accounts.etl_prod?.tokens.airflow?.current).toBeUndefined();

    writeFileSync(gh, works);
    const again = await stage.run('apply.yml', { event: stage.push(readme) });
    expect(again.apply?.status, again.apply?.log).toBe('success');
    expect(state(stage)?.accounts.etl_prod?.tokens.airflow?.current).toBeDefined();
  });

  it('commits the state when the smoke test failed', async () => {
    const stage = await CiStage.open({ smoke: true });
    const event = stage.push((folder) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      const smoke = 'tokens: { airflow: pipeline }\n    smoke: { query: "SELECT * FROM not_there" }';
      writeFileSync(file, readFileSync(file, 'utf8').replace('tokens: { airflow: pipeline }', smoke));
    });
    const { apply } = await stage.run('apply.yml', { event });
    expect(apply?.steps).toMatchObject({ [APPLY]: 'failure', [COMMIT]: 'success' });
    expect(apply?.log).toMatch(/Smoke test: 1 of 2 /);
    expect(state(stage)?.accounts.etl_prod?.tokens.airflow?.current?.generation).toBe(1);
  });

  it('that is cancelled commits what was done until then', async () => {
    const stage = await CiStage.open({ latency: 100, asProcess: true });
    const event = stage.push(nothing);
    const { apply } = await stage.run('apply.yml', { event, cancel: { during: APPLY, at: 'done     ' } });
    expect(apply?.status, apply?.log).toBe('cancelled');
    expect(apply?.steps).toMatchObject({ [APPLY]: 'cancelled', [COMMIT]: 'success' });
    // mdacc itself heard of it, and stopped before the end.
    expect(apply?.log).toMatch(/nterrupted/);
    expect(state(stage)?.serial).toBeGreaterThan(0);
    expect(apply?.log).toContain('motherduck.accounts.state.json to main.');

    const again = await stage.run('apply.yml', { event: stage.push(readme) });
    expect(again.apply?.status, again.apply?.log).toBe('success');
    const last = await stage.run('apply.yml', { event: stage.push(readme) });
    expect(last.plan?.outputs.changes, last.plan?.log).toBe('false');
  });
});

/** The git configurations below a folder. */
function configurations(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.git\/config$/.test(name))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

describe.skipIf(isWindows)('the script that commits the state', () => {
  const script = path.join(EXAMPLE, '.github/scripts/commit-state.sh');

  it.each([
    ['motherduck.accounts.state.json', {}],
    ['infra/prod.state.json', { MDACC_CONFIG: 'infra/prod.yaml' }],
    ['infra/prod.yml.bak.state.json', { MDACC_CONFIG: 'infra/prod.yml.bak' }],
    ['elsewhere.json', { MDACC_CONFIG: 'infra/prod.yaml', MDACC_STATE: 'elsewhere.json' }],
    ['given.json', { MDACC_STATE: 'elsewhere.json', STATE_FILE: 'given.json' }],
  ])('commits %s with %j, as mdacc names it', async (file, env) => {
    const stage = await CiStage.open();
    const folder = await newFolder();
    const { bare } = stage.github.repository;
    execFileSync('git', ['clone', '--quiet', bare, folder]);
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), '{}\n');
    const more = { BRANCH: 'main', PUSH_URL: bare, RUN_ID: '1', ...env };
    execFileSync('bash', [script], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...more } });
    expect(stage.github.repository.read(file, 'main')).toBe('{}\n');
  });
});
