/** The audit of every night: one issue, opened, updated and closed; and findings for code scanning. */
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { applied, ask, type CiStage } from './ci-stage.ts';
import { RENOVATE } from './github.ts';
import { GitLabStage } from './gitlab-stage.ts';

const EVE = { login: 'eve', type: 'User' } as const;
const MARKER =
  '<!-- motherduck-accounts audit: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->';

async function audit(stage: CiStage, vars: Record<string, string> = {}) {
  const jobs = await stage.run('audit.yml', { event: stage.night, vars });
  const log = Object.values(jobs)
    .map((job) => job.log)
    .join('');
  return { jobs, log };
}

describe.skipIf(isWindows)('an audit every night', () => {
  it('opens one issue, updates it, and closes it when all is well', async () => {
    const stage = await applied();
    const { issues } = stage.github;
    const clean = await audit(stage);
    expect(clean.jobs.issue?.status, clean.log).toBe('success');
    expect(clean.log).toMatch(/^No findings\b/m);
    expect(issues).toEqual([]);
    expect(clean.jobs.audit?.summary).toContain(MARKER);

    await ask(stage.organization, 'POST', '/v1/users', { username: 'stray_one' });
    const first = await audit(stage);
    expect(first.jobs.issue?.status, first.log).toBe('success');
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ title: 'MotherDuck audit: acme', state: 'open' });
    expect(issues[0]?.body).toContain('stray_one');
    expect(stage.github.comments).toEqual([]);

    await ask(stage.organization, 'POST', '/v1/users', { username: 'stray_two' });
    await audit(stage);
    await audit(stage);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.body).toContain('stray_two');
    // An edit tells nobody, so a comment does, once for each change.
    expect(stage.github.comments.map(({ body }) => body)).toEqual([issues[0]?.body.split('\n')[0]]);

    for (const name of ['stray_one', 'stray_two']) await ask(stage.organization, 'DELETE', `/v1/users/${name}`);
    const last = await audit(stage);
    expect(last.log).toContain('Closed ');
    expect(issues[0]?.state).toBe('closed');

    await ask(stage.organization, 'POST', '/v1/users', { username: 'stray_three' });
    await audit(stage);
    expect(issues.map(({ state }) => state)).toEqual(['closed', 'open']);
  });

  it('has a finding for a secret store that cannot be written', async () => {
    const stage = await applied();
    const jobs = await stage.run('audit.yml', { event: stage.night, secrets: { ...stage.secrets, SECRETS_TOKEN: '' } });
    expect(jobs.audit?.summary).toContain('its check failed');
    expect(stage.github.issues[0]?.body).toContain('its check failed');
  });

  it('leaves the issues of others alone, and closes nothing when it could not look', async () => {
    const stage = await applied();
    const quoted = stage.github.issue('About the audit', `I saw\n\n${MARKER}`, EVE);
    const bot = stage.github.issue('Update', `**1 update**\n\n${MARKER}\n`, RENOVATE);
    const own = stage.github.issue('MotherDuck audit: acme', `**1 finding**\n\n${MARKER}\n`);
    // Of the same configuration, whose variables name another organization or another state.
    const others = [MARKER.replace('acme ', 'acme_us '), MARKER.replace('.state.json', '.us.state.json')].map(
      (marker) => stage.github.issue('MotherDuck audit', `**1 finding**\n\n${marker}\n`),
    );
    const event = stage.night;
    const failed = await stage.run('audit.yml', { event, secrets: { MOTHERDUCK_ADMIN_TOKEN: 'wrong' } });
    expect(failed.audit?.status).toBe('failure');
    expect(failed.issue).toBeUndefined();
    expect(own.state).toBe('open');
    await audit(stage);
    expect([quoted.state, bot.state, own.state]).toEqual(['open', 'open', 'closed']);
    expect(others.map(({ state }) => state)).toEqual(['open', 'open']);

    // One of its own that it may not edit after all: its closing fails, and findings are told in another.
    const locked = stage.github.issue('MotherDuck audit: acme', `**1 finding**\n\n${MARKER}\n`);
    locked.locked = true;
    expect((await audit(stage)).jobs.issue?.status).toBe('failure');
    await ask(stage.organization, 'POST', '/v1/users', { username: 'stray_one' });
    expect((await audit(stage)).jobs.issue?.status).toBe('success');
    expect(locked.body).toMatch(/^\*\*1 finding/);
    expect(stage.github.issues.at(-1)?.body).toContain('stray_one');
    expect(stage.github.issues).toHaveLength(7);
  });

  it('gives its findings to code scanning where that is turned on', async () => {
    const stage = await applied();
    await ask(stage.organization, 'POST', '/v1/users', { username: 'stray_one' });
    expect(Object.keys((await audit(stage)).jobs)).not.toContain('code-scanning');
    const { jobs } = await audit(stage, { MOTHERDUCK_CODE_SCANNING: 'true' });
    expect(jobs['code-scanning']?.status).toBe('success');
    expect(JSON.parse(stage.sarif[0] ?? '')).toMatchObject({ version: '2.1.0' });
    expect(stage.sarif[0]).toContain('stray_one');
  });
});

describe.skipIf(isWindows)('an audit every night on GitLab', () => {
  it('is a test report, and a page; findings are a warning, and what could not be looked at is a failure', async () => {
    const project = await GitLabStage.open();
    await project.run('plan-main');
    await project.run('apply');
    const clean = await project.run('audit');
    expect(clean.code, clean.log).toBe(0);
    await ask(project.organization, 'POST', '/v1/users', { username: 'stray_one' });
    const { code, log } = await project.run('audit');
    // The pipeline allows this one.
    expect(code, log).toBe(2);
    expect(project.artifact('audit.xml')).toMatch(/<failure.*stray_one/s);
    expect(project.artifact('audit.html')).toContain('stray_one');
    expect((await project.run('audit', { env: { MOTHERDUCK_ADMIN_TOKEN: 'wrong' } })).code).toBe(1);
    expect((await project.run('audit', { env: { GITLAB_TOKEN: 'wrong' } })).code).toBe(2);
    expect(project.artifact('audit.xml')).toContain('its check failed');
  });
});
