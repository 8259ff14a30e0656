/** The pipelines with the state in a bucket, for which they take a role: nothing is committed. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isWindows } from '../platform.ts';
import { S3Server } from '../state/servers/s3.ts';
import { CiStage } from './ci-stage.ts';
import { GitLabStage } from './gitlab-stage.ts';

const ROLE = 'arn:aws:iam::123456789012:role/motherduck-state';
const vars = { MOTHERDUCK_STATE_ROLE: ROLE, MOTHERDUCK_STATE_REGION: 'eu-central-1' };

async function bucket() {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const block = `{ kind: s3, bucket: acme-platform, prefix: motherduck/prod, region: eu-central-1, endpoint: "${server.url}" }`;
  const write = (folder: string) =>
    appendFileSync(path.join(folder, 'motherduck.accounts.yaml'), `\nstate: ${block}\n`);
  return { server, write };
}

describe.skipIf(isWindows)('a state in a bucket', () => {
  it('is used by every workflow, by a role', async () => {
    const { server, write } = await bucket();
    const stage = await CiStage.open();
    const asked: object[] = [];
    const role = (given: Readonly<Record<string, string>>) => {
      asked.push(given);
      return S3Server.ENV;
    };
    const { plan, apply } = await stage.run('apply.yml', { event: stage.push(write), vars, role });
    expect(plan?.outputs.changes, plan?.log).toBe('true');
    expect(apply?.status, apply?.log).toBe('success');
    expect(apply?.steps['Commit the state']).toBe('skipped');
    expect(stage.github.repository.messages()).toEqual(['A change', 'The first commit']);
    expect(server.objects.has('acme-platform/motherduck/prod/lock.json')).toBe(false);
    const { rotate } = await stage.run('rotate.yml', { event: stage.night, vars, role });
    expect(rotate?.status, rotate?.log).toBe('success');
    const { audit } = await stage.run('audit.yml', { event: stage.night, vars, role });
    expect(audit?.status, audit?.log).toBe('success');
    expect(asked).toEqual(Array(4).fill({ 'role-to-assume': ROLE, 'aws-region': 'eu-central-1' }));
    expect(stage.programs.installed).toContainEqual(expect.stringMatching(/^@aws-sdk\/client-s3@\d+\.\d+\.\d+$/));
    expect(stage.github.repository.messages()).toHaveLength(2);
  });

  it("is used by GitLab's pipeline, by the token of its job", async () => {
    const { server, write } = await bucket();
    const project = await GitLabStage.open();
    const { repository } = project.gitlab;
    repository.commit('A bucket', write);
    // The library asks AWS for the keys of the role; here they are in the environment.
    const env = { ...S3Server.ENV, AWS_ROLE_ARN: ROLE, AWS_ID_TOKEN: 'token-of-the-job' };
    for (const job of ['plan-main', 'apply', 'rotate']) {
      const { code, log } = await project.run(job, { env });
      expect(code, log).toBe(0);
      expect(log).not.toContain('token-of-the-job');
    }
    expect([...server.objects.keys()].filter((key) => key.includes('/log/')).length).toBeGreaterThan(0);
    expect(repository.messages()).toEqual(['A bucket', 'The first commit']);
    expect(project.programs.installed).toContainEqual(expect.stringMatching(/^@aws-sdk\/client-s3@\d+\.\d+\.\d+$/));
  });
});
