/** A pull request: validated, planned, and told in one comment. */
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { applied, CiStage } from './ci-stage.ts';
import { RENOVATE, WORKFLOW_USER } from './github.ts';

const CONFIGURATION = 'motherduck.accounts.yaml';

function edit(change: (text: string) => string): (folder: string) => void {
  return (folder) => {
    const file = path.join(folder, CONFIGURATION);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
}

const nothing = () => {};
const addAccount = edit((text) =>
  text.replace('accounts:\n', 'accounts:\n  ml_prod: { tokens: { trainer: pipeline } }\n'),
);
const misspell = edit((text) => text.replace('pool_size: 2', 'poolsize: 2'));

async function plan(stage: CiStage, change: (folder: string) => void, ...from: (string | null)[]) {
  const results = await stage.run('plan.yml', { event: stage.pullRequest(change, ...from) });
  const { plan: job } = results;
  if (job === undefined) throw new Error('no plan job');
  return job;
}

describe.skipIf(isWindows)('a plan in a pull request', () => {
  it('is one comment: written first, and written over by the next plan', async () => {
    const stage = await CiStage.open();
    const first = await plan(stage, nothing);
    expect(first.status, first.log).toBe('success');
    expect(stage.github.comments).toHaveLength(1);
    const [comment] = stage.github.comments;
    expect(comment?.body).toMatch(/^\*\*Plan: 2 accounts to create/);
    expect(comment?.body).toContain(
      '\n<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->\n',
    );
    expect(comment?.body).toContain('actions/runs/7) of ');

    const second = await plan(stage, addAccount);
    expect(second.status, second.log).toBe('success');
    expect(stage.github.comments).toHaveLength(1);
    expect(comment?.body).toMatch(/^\*\*Plan: 3 accounts to create/);
    expect(stage.programs.installed).toEqual(['motherduck-accounts@0.1.0', 'motherduck-accounts@0.1.0']);
  });

  it('says above all that the branch edits the state, and nothing of it where it does not', async () => {
    const stage = await applied();
    const { status, log } = await plan(stage, nothing);
    expect(status, log).toBe('success');
    expect(stage.github.comments[0]?.body).toMatch(/^\*\*No changes\. /);
    expect(stage.github.comments[0]?.body).not.toContain('⚠️ **');
    await plan(stage, (folder) => {
      const file = path.join(folder, 'motherduck.accounts.state.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"overlap": \d+/g, '"overlap": 60'));
    });
    const { body } = stage.github.comments[0] ?? { body: '' };
    expect(body).not.toContain('No changes.');
    expect(body).toMatch(
      /^.*\n\n<!--.*-->\n.*\n\n⚠️ \*\*.*motherduck\.accounts\.state\.json.*\*\*.*\n\n- \*\*2 tokens edited \(overlap\)/,
    );
  });

  it('is in the summary, and in an artifact that apply takes', async () => {
    const stage = await CiStage.open();
    const { summary } = await plan(stage, nothing);
    expect(
      summary.match(
        /<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->/g,
      ),
    ).toHaveLength(1);
    const artifact = path.join(stage.artifacts, 'motherduck-accounts-plan');
    expect(readdirSync(artifact)).toEqual(['accounts.plan', 'plan.html', 'plan.md']);
    expect(readFileSync(path.join(artifact, 'plan.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    expect(readFileSync(path.join(artifact, 'accounts.plan'), 'utf8')).toContain('"kind": "motherduck-accounts plan"');
  });

  it('leaves the comments of others alone, even one that quotes its marker', async () => {
    const stage = await CiStage.open();
    const quoted = stage.github.comment(
      7,
      'Look:\n<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->\n',
      {
        login: 'eve',
        type: 'User',
      },
    );
    const quoting = stage.github.comment(
      7,
      '> <!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->',
      WORKFLOW_USER,
    );
    const other = stage.github.comment(7, '<!-- motherduck-accounts plan: globex -->', WORKFLOW_USER);
    const marker =
      '<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->';
    const bot = stage.github.comment(7, `**Plan: nothing**\n\n${marker}\n`, RENOVATE);
    const fenced = stage.github.comment(7, `Log:\n\`\`\`\n\n${marker}\n\`\`\`\n`, WORKFLOW_USER);
    const others = [quoted, quoting, other, bot, fenced];
    const before = others.map(({ body }) => body);
    await plan(stage, nothing);
    expect(others.map(({ body }) => body)).toEqual(before);
    expect(stage.github.comments).toHaveLength(6);
    // One of its own that it may not edit after all is like one of somebody else.
    const own = stage.github.comments[5];
    if (own) own.locked = true;
    const { status, log } = await plan(stage, nothing);
    expect(status, log).toBe('success');
    expect(log).toContain('Wrote ');
    expect(stage.github.comments).toHaveLength(7);
  });

  it('is found among hundreds of comments, and through a gateway that fails', async () => {
    const stage = await CiStage.open();
    for (let count = 0; count < 230; count += 1) stage.github.comment(7, `Comment ${count}`);
    await plan(stage, nothing);
    for (let count = 0; count < 30; count += 1) stage.github.comment(7, `Later ${count}`);
    stage.github.failures.push(502);
    const { log, status } = await plan(stage, nothing);
    expect(status, log).toBe('success');
    expect(stage.github.comments).toHaveLength(261);
    expect(log).toContain('Updated ');
  });

  it('of a wrong configuration fails, with annotations, and takes the place of the plan that was there', async () => {
    const stage = await CiStage.open();
    await plan(stage, nothing);
    const { status, log, summary } = await plan(stage, misspell);
    expect(status).toBe('failure');
    expect(log).toMatch(/^::error file=motherduck\.accounts\.yaml,line=\d+,col=\d+,.*::.*"poolsize"/m);
    expect(stage.github.comments).toHaveLength(1);
    const body = stage.github.comments[0]?.body ?? '';
    expect(body).toMatch(/^❌ \*\*.*\bconfiguration\b.*\*\*/);
    expect(body).toContain('"pool_size"?');
    expect(body).not.toContain('plan: acme');
    expect(summary).toContain(body.split('\n')[0]?.replace(/^❌ /, ''));

    await plan(stage, nothing);
    expect(stage.github.comments).toHaveLength(1);
    expect(stage.github.comments[0]?.body).toMatch(/^\*\*Plan: 2 accounts/);
  });

  it('that cannot be made is a comment and a failure', async () => {
    const stage = await CiStage.open();
    const event = stage.pullRequest(nothing);
    const { plan: job } = await stage.run('plan.yml', { event, secrets: {} });
    expect(job?.status).toBe('failure');
    expect(stage.github.comments[0]?.body).toContain('MOTHERDUCK_ADMIN_TOKEN');
    expect(job?.log).toMatch(/\bplan failed\b/);
  });

  it('from a fork is validated without secrets and without a comment, whatever its configuration asks for', async () => {
    const stage = await CiStage.open();
    const asks = edit((text) => text.replace('[gh, secret, list]', '[gh, "${MOTHERDUCK_ADMIN_TOKEN}"]'));
    const { status, log, summary } = await plan(stage, nothing, 'eve/accounts');
    expect(status, log).toBe('success');
    expect(summary).toMatch(/\bfrom a fork\b/);
    // Even where the secrets are given to forks, which GitHub does not do.
    const thief = await plan(stage, asks, 'eve/accounts');
    expect(thief.status).toBe('failure');
    expect(thief.log).not.toContain(stage.secrets.MOTHERDUCK_ADMIN_TOKEN);
    // A link to a file beside the checkout, as the configuration itself and by include.
    const [own, included] = [path.join(stage.folder, 'credentials'), 'include: [shared.yaml]\n'];
    writeFileSync(own, 'aws_secret_access_key: [s3cret\n');
    const links = [CONFIGURATION, 'shared.yaml'].map((name) => (folder: string) => {
      edit((text) => `${text}${included}`)(folder);
      rmSync(path.join(folder, name), { force: true });
      symlinkSync(own, path.join(folder, name));
    });
    for (const link of links) {
      const { status, log, summary } = await plan(stage, link, 'eve/accounts');
      expect(status).toBe('failure');
      expect(summary).toMatch(/\bout of the repository\b|"shared.yaml\\?" is a link\b/);
      expect(`${log}${summary}`).not.toContain('s3cret');
    }
    expect((await plan(stage, nothing, null)).summary).toMatch(/\bfrom a fork\b/);
    expect(stage.github.comments).toEqual([]);
    expect(stage.github.calls.filter((call) => !call.startsWith('GET'))).toEqual([]);
  });

  it.each([
    ['issue_comment', { issue: { number: 7, pull_request: {} } }],
    ['workflow_run', { workflow_run: { event: 'pull_request_target' } }],
  ] as const)('is validated only, if the event %s does not say whose it is', async (name, payload) => {
    const stage = await CiStage.open();
    const event = { ...stage.pullRequest(nothing, 'eve/accounts'), name, payload };
    const { plan: job } = await stage.run('plan.yml', { event });
    expect(job?.status, job?.log).toBe('success');
    expect(job?.summary).toContain(name);
    expect(job?.summary).not.toContain('Plan:');
    expect(stage.github.comments).toEqual([]);
  });

  it('by Dependabot, which gets no secrets, is validated', async () => {
    const stage = await CiStage.open();
    const event = { ...stage.pullRequest(nothing), actor: 'dependabot[bot]' };
    const { plan: job } = await stage.run('plan.yml', { event, secrets: {} });
    expect(job?.status, job?.log).toBe('success');
    expect(job?.summary).toContain('Dependabot');
  });
});
