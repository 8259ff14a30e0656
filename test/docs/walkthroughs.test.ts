/** What README.md and the pages of docs/ tell to type works, in this order, and prints what they show. */
import { cpSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { blocksOf, readText, stepsOf } from '../examples/markdown.ts';
import { madeByTerraform, TFSTATE } from '../import/terraform-stage.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import { pages } from './pages.ts';
import { withPullRequest } from './pull-request.ts';
import { installProgram, NOT_TYPED, Reader, uncommented } from './reader.ts';

const DAY = 86_400;

/** A folder with nothing in it. */
function emptyFolder(): Stage {
  const stage = new Stage('');
  stage.remove(CONFIG);
  return stage;
}

/** A folder with a configuration that was applied at MotherDuck, where a served sandbox takes its place. */
async function appliedAtMotherDuck(configuration?: string): Promise<Stage> {
  const stage = new Stage(configuration);
  await stage.serve();
  expect(await stage.run('apply --yes')).toMatchObject({ code: 0 });
  return stage;
}

/** The pages with commands, and what happens beside them. Each story ends when the page has no more commands. */
const STORIES: Readonly<Record<string, () => Promise<Reader>>> = {
  'README.md': async () => {
    const reader = await Reader.of('README.md', emptyFolder());
    const { stage } = reader;
    await reader.type('mkdir clone && cd clone');
    await reader.upTo('mdacc validate');
    const [configuration = expect.unreachable()] = blocksOf(readText('README.md'), 'yaml');
    stage.write(`md-accounts/${CONFIG}`, configuration);
    for (let step = 0; step < 4; step += 1) await reader.next();
    await stage.serve();
    const refused = await reader.type('mdacc plan', 1);
    const [leave = expect.unreachable()] = /rm motherduck\S+ && mv [^`]+(?=`)/.exec(readText('README.md')) ?? [];
    expect(refused.stderr).toContain(leave);
    await reader.named(leave);
    await reader.upTo();
    return reader;
  },

  'docs/adopting.md': async () => {
    const stage = emptyFolder();
    await stage.inSandbox((organization) => organization.seed(3));
    await stage.serve();
    const reader = await Reader.of('docs/adopting.md', stage);
    await reader.type('git init --quiet');
    await reader.upTo();
    return reader;
  },

  'docs/auditing.md': async () => {
    const stage = await withPullRequest();
    const reader = await Reader.of('docs/auditing.md', stage);
    await reader.next(2);
    await reader.named('mdacc audit --format html > audit.html', 1);
    return reader;
  },

  'docs/ci.md': async () => {
    const stage = new Stage();
    await stage.serve();
    const reader = await Reader.of('docs/ci.md', stage);
    await reader.next();
    await reader.next(2);
    await reader.upTo('sed');
    cpSync(`${ROOT}/examples/github-actions/.github`, stage.file('.github'), { recursive: true });
    await reader.upTo('mdacc validate');
    const workflows = readdirSync(stage.file('.github/workflows')).map((name) =>
      stage.read(`.github/workflows/${name}`),
    );
    expect(workflows.join('\n')).not.toContain('motherduck-accounts@0.1.0');
    expect(
      workflows.join('\n').match(/^ +version: \.\/motherduck-accounts-0\.1\.0\.tgz\n +admin-token:/gm),
    ).toHaveLength(2);
    await reader.upTo();
    expect(JSON.parse(stage.read('audit.sarif'))).toMatchObject({ version: '2.1.0' });
    return reader;
  },

  'docs/configuration.md': async () => {
    const reader = await Reader.of('docs/configuration.md');
    reader.stage.edit((text) =>
      text
        .replace('standard, pool_size: 4', 'standard, poolsize: 4')
        .replace('airflow: pipeline', 'airflow: pipelin')
        .replace('tenant_globex: { template: tenant,', 'tenant_globex: { template: tenannt,'),
    );
    await reader.next(1);
    return reader;
  },

  'docs/getting-started.md': async () => {
    const stage = emptyFolder();
    await stage.serve();
    const reader = await Reader.of('docs/getting-started.md', stage);
    // The rehearsal has a sandbox of its own, and no token.
    const { MOTHERDUCK_ADMIN_TOKEN = '', MDACC_SANDBOX = '' } = stage.env;
    delete stage.env.MOTHERDUCK_ADMIN_TOKEN;
    delete stage.env.MDACC_SANDBOX;
    await reader.type('mkdir clone && cd clone');
    await reader.upTo('export');
    reader.own.MOTHERDUCK_ADMIN_TOKEN = MOTHERDUCK_ADMIN_TOKEN;
    stage.env.MDACC_SANDBOX = MDACC_SANDBOX;
    await reader.upTo('mdacc validate');
    await reader.type('mdacc plan --detailed-exitcode');
    const { stdout: committed } = await reader.type('git ls-files');
    expect(committed.trim().split('\n').sort()).toEqual(['.gitignore', STATE, CONFIG].sort());
    for (const folder of ['md-accounts', 'rehearsal'])
      expect(stage.has(`${folder}/.motherduck/secrets.env`)).toBe(true);
    // The demo.
    reader.goTo(new Stage());
    delete stage.env.MDACC_SANDBOX;
    await reader.upTo();
    return reader;
  },

  'docs/leaked-token.md': async () => {
    const stage = await appliedAtMotherDuck();
    const reader = await Reader.of('docs/leaked-token.md', stage);
    const [, leaked = ''] =
      /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="?([^"\n]+)/m.exec(stage.read('.motherduck/secrets.env')) ?? [];
    await reader.upTo();
    await reader.named('mdacc plan --rotate etl_prod/airflow --revoke-old --out leak.plan');
    await reader.named('mdacc apply leak.plan');
    for (const rotated of ["'tenant_*/app'", 'etl_prod'])
      expect((await reader.named(`mdacc rotate ${rotated} --revoke-old`)).stdout).toMatch(/^Revoked: /m);
    const connect = 'MOTHERDUCK_TOKEN=THE_LEAKED_SECRET mdacc sandbox connect';
    expect(readText(reader.page)).toContain(connect);
    expect((await reader.type(connect.replace('THE_LEAKED_SECRET', leaked), 1)).stderr).toContain(
      'Invalid MotherDuck token',
    );
    return reader;
  },

  'docs/plans.md': async () => {
    const stage = await appliedAtMotherDuck();
    const reader = await Reader.of('docs/plans.md', stage);
    await reader.named('mdacc plan --format html > plan.html');
    await reader.named('mdacc plan --format markdown');
    stage.edit((text) =>
      text
        .replace('tenant_globex: { template: tenant,', '$& deletion_protection: false,')
        .replace('max_deletes: 0', 'max_deletes: 1')
        .replace('airflow: pipeline', 'loads: { policy: pipeline, name: airflow }'),
    );
    await reader.named('mdacc state mv etl_prod/airflow etl_prod/loads');
    await reader.named('mdacc apply');
    stage.edit((text) => text.replace(/^ {2}tenant_globex:.*\n/m, ''));
    await reader.upTo();
    expect((await reader.type('mdacc state list')).stdout).not.toContain('tenant_globex');
    return reader;
  },

  'docs/proxies.md': async () => {
    const stage = new Stage();
    await stage.serve();
    const reader = await Reader.of('docs/proxies.md', stage);
    await reader.upTo();
    // An address of this machine is not reached through the proxy.
    await reader.type('mdacc plan');
    return reader;
  },

  'docs/sandbox.md': async () => {
    const stage = new Stage();
    const reader = await Reader.of('docs/sandbox.md', stage);
    await reader.upTo('mdacc sandbox serve');
    await expectServed(stage, reader.take());
    const [settings = expect.unreachable()] = blocksOf(readText(reader.page), 'json');
    stage.write(`${SANDBOX}/organization.json`, settings);
    await reader.type('mdacc plan --sandbox');
    return reader;
  },

  'docs/secret-stores.md': async () => {
    const reader = await Reader.of('docs/secret-stores.md', await appliedAtMotherDuck());
    await reader.upTo();
    return reader;
  },

  'docs/setup.md': async () => {
    const reader = await Reader.of('docs/setup.md');
    const { stage } = reader;
    const [tenant = expect.unreachable()] = blocksOf(readText(reader.page), 'yaml');
    const share = `reporting: { tokens: { load: pipeline }, setup: [CREATE DATABASE reporting, CREATE SHARE reporting FROM reporting] }`;
    stage.edit((text) => text.replace(/^templates:\n.*\n/m, tenant).replace(/^accounts:$/m, `$&\n  ${share}`));
    await reader.type('mdacc apply --sandbox --only reporting');
    await reader.upTo();
    return reader;
  },

  'docs/shared-state.md': async () => {
    const stage = await appliedAtMotherDuck();
    const server = await bucketAt(stage);
    const reader = await Reader.of('docs/shared-state.md', stage);
    const [block = expect.unreachable()] = blocksOf(readText(reader.page), 'yaml');
    const commit = 'git add --all motherduck* && git commit --quiet --message Change';
    await reader.type(`git init --quiet && ${commit}`);
    const before = stage.read();
    stage.edit((text) =>
      text.replace(
        /^organization:.*$/m,
        (line) => `${line}\n${block.trim().replace(' }', `, endpoint: "${server.url}" }`)}`,
      ),
    );
    await reader.next();
    await reader.next();
    expect(stage.has(`${STATE}.migrated`) && !stage.has(STATE)).toBe(true);
    await reader.type(commit);
    stage.write(CONFIG, `${before}\nstate: { kind: file }\n`);
    await reader.upTo('mdacc state history');
    expect(stage.has(STATE)).toBe(true);
    await reader.type('mdacc plan --detailed-exitcode');

    const history = new Stage();
    const typed = (words: string, who: string) =>
      history.run(`${words} --sandbox --yes --no-smoke`, { CI_JOB_URL: who });
    await typed('apply', 'ann');
    await history.advance(5 * DAY);
    await typed('apply --due', 'https://gitlab.example/acme/accounts/-/jobs/812');
    await typed('rotate tenant_acme/app', 'ben');
    reader.goTo(history);
    await reader.upTo();
    return reader;
  },

  'docs/smoke-test.md': async () => {
    const reader = await Reader.of('docs/smoke-test.md', await Stage.applied());
    await reader.next();
    return reader;
  },

  'docs/terraform.md': async () => {
    const { folder, write } = await madeByTerraform();
    write();
    await folder.serve();
    const reader = await Reader.of('docs/terraform.md', folder);
    installProgram(folder, 'terraform', `[ "$*" = "state pull" ] && cat ${TFSTATE}`);
    await reader.upTo();
    expect(folder.has('pulled.tfstate')).toBe(false);
    return reader;
  },

  'docs/tokens.md': async () => {
    const reader = await Reader.of('docs/tokens.md', await appliedAtMotherDuck());
    await reader.upTo();
    await reader.named("mdacc rotate 'tenant_*/app'");
    return reader;
  },
};

/** A bucket in which the stage's commands may write. */
async function bucketAt(stage: Stage): Promise<S3Server> {
  const server = await S3Server.start();
  Object.assign(stage.env, S3Server.ENV);
  return server;
}

/** `sandbox serve` runs until it is stopped. */
async function expectServed(
  stage: Stage,
  { command, shown }: { command: string; shown: readonly string[] },
): Promise<void> {
  expect(command).toBe('mdacc sandbox serve --port 8080');
  const server = stage.spawn('sandbox serve --port 0');
  const lines: string[] = [];
  for await (const line of createInterface({ input: server.stdout ?? expect.unreachable() })) {
    lines.push(line);
    if (lines.length === shown.length) break;
  }
  server.kill();
  const alike = (line: string) => line.replace(/:\d+$/, ':8080').replace(/(TOKEN|SANDBOX)=.*/, '$1=…');
  expect(lines.map(alike)).toEqual(shown);
}

describe.skipIf(isWindows)('a page with commands', () => {
  it('has a story here, and each command without one is on a page', () => {
    const withCommands = pages().filter((page) => stepsOf(readText(page)).length > 0);
    expect(Object.keys(STORIES)).toEqual(withCommands);
    const commands = new Set(
      withCommands.flatMap((page) => stepsOf(readText(page))).map(({ command }) => uncommented(command)),
    );
    expect(Object.keys(NOT_TYPED).filter((command) => !commands.has(command))).toEqual([]);
  });

  it.each(Object.entries(STORIES))('%s', { timeout: 120_000 }, async (_, story) => {
    const reader = await story();
    expect(reader.left).toEqual([]);
  });
});
