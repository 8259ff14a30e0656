/** What happens while somebody types the commands of a page: the pages with commands, each with its story. */
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import { BEGIN } from './begin.ts';
import { typeNightly } from './cron-story.ts';
import { EXAMPLES } from './example-stories.ts';
import { appliedAtMotherDuck, emptyFolder, withPullRequest } from './organizations.ts';
import { installProgram, isUntypeableHere, Reader } from './reader.ts';

const DAY = 86_400;

/** Each story gives its reader, who has nothing left to type. */
export const STORIES: Readonly<Record<string, () => Promise<Reader>>> = {
  ...BEGIN,
  ...EXAMPLES,

  'docs/auditing.md': async () => {
    const stage = await withPullRequest();
    const reader = await Reader.of('docs/auditing.md', stage);
    await reader.next(2);
    await reader.next();
    await reader.named('mdacc audit --format html > audit.html', 1);

    const first = emptyFolder();
    Object.assign(first.env, (await appliedAtMotherDuck()).env);
    reader.goTo(first);
    await reader.named('mdacc audit');
    await reader.named('mdacc init --from-live');
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
    // Typed again, they change nothing.
    const [again] = blocksOf(readText('docs/ci.md'), 'console').filter((block) => block.includes('sed -i'));
    await reader.type(again ?? '');
    expect(readdirSync(stage.file('.github/workflows')).map((name) => stage.read(`.github/workflows/${name}`))).toEqual(
      workflows,
    );
    expect(
      workflows.join('\n').match(/^ +version: \.\/motherduck-accounts-0\.1\.0\.tgz\n +admin-token:/gm),
    ).toHaveLength(2);
    let posted = '';
    const chat = createServer((request, response) => {
      request.on('data', (part) => (posted += part)).on('end', () => response.end('ok'));
    }).listen(0, '127.0.0.1');
    await once(chat, 'listening');
    stage.env.CHAT_WEBHOOK = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/secret-of-the-chat`;
    // The arguments of programs are visible to all users of the machine.
    installProgram(stage, 'curl', 'echo "$@" > curl-arguments.txt\nPATH=${PATH#*:} exec curl "$@"');
    await reader.upTo('mdacc audit --format json');
    if (isUntypeableHere('jq ')) stage.write('message.json', '{"text": "error: etl_prod"}');
    stage.edit((text) => text.replace('standard, pool_size: 4', 'standard, pool_size: 5'));
    await reader.upTo();
    await reader.named('mdacc plan > plan.txt');
    await reader.named("jq --raw-input --slurp '{text: .}' plan.txt");
    chat.close();
    if (!isUntypeableHere('curl ')) {
      expect(JSON.parse(posted)).toEqual({ text: expect.stringContaining('error: etl_prod') });
      expect(stage.read('curl-arguments.txt')).toContain('--fail');
      expect(stage.read('curl-arguments.txt')).not.toContain('secret-of-the-chat');
    }
    expect(JSON.parse(stage.read('audit.sarif'))).toMatchObject({ version: '2.1.0' });
    await typeNightly(reader);
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
    await reader.named('mdacc schema > motherduck.accounts.schema.json');
    return reader;
  },

  'docs/leaked-token.md': async () => {
    const stage = await appliedAtMotherDuck();
    const reader = await Reader.of('docs/leaked-token.md', stage);
    const [, leaked = ''] =
      /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="?([^"\n]+)/m.exec(stage.read('.motherduck/secrets.env')) ?? [];
    await reader.upTo('read -rs');
    expect(reader.take().command).toBe('read -rs LEAKED && export LEAKED');
    // The page comes to it after the rotation, as one who knows the name does.
    stage.env.LEAKED =
      /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="?([^"\n]+)/m.exec(stage.read('.motherduck/secrets.env'))?.[1] ?? '';
    await reader.upTo();
    stage.env.LEAKED = leaked;
    await reader.named('mdacc plan --rotate etl_prod/airflow --revoke-old --out leak.plan');
    await reader.named('mdacc apply leak.plan');
    for (const rotated of ["'tenant_*/app'", 'etl_prod'])
      expect((await reader.named(`mdacc rotate ${rotated} --revoke-old`)).stdout).toMatch(/^Revoked: /m);
    for (const command of ['mdacc apply --no-smoke', 'mdacc audit', 'mdacc doctor']) await reader.named(command);
    const connect = await reader.named('MOTHERDUCK_TOKEN="$LEAKED" mdacc sandbox connect', 1);
    expect(connect.stderr).toContain('Invalid MotherDuck token');
    return reader;
  },

  'docs/performance.md': async () => {
    const reader = await Reader.of('docs/performance.md');
    await reader.named('mdacc validate');
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
    await reader.named('mdacc schema plan');

    const before = stage.read();
    stage.edit((text) => text.replace('tenant_acme: { template: tenant', '$&, suspended: true'));
    const { stdout: planned } = await reader.type('mdacc plan');
    for (const shown of ['disruptive', 'suspended (line 37)']) expect(planned).toContain(shown);
    await reader.named('mdacc apply');
    await reader.type('mdacc rotate tenant_acme/app', 64);
    stage.write(CONFIG, before);
    expect((await reader.named('mdacc apply')).stdout).toContain('app.2');
    expect((await reader.named('mdacc plan --rotate "tenant_*/app"')).stdout).toContain('app.2 -> app.3');
    // The example protects accounts.
    for (const command of ['mdacc plan --destroy', 'mdacc destroy']) await reader.named(command, 1);
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
    for (const command of ['mdacc sandbox serve --help', 'mdacc schema organization', 'mdacc sandbox reset'])
      await reader.named(command);

    reader.goTo(new Stage());
    await reader.type('mdacc sandbox seed 12');
    await reader.named('mdacc import --all --sandbox');
    reader.goTo(emptyFolder());
    await reader.named('mdacc sandbox seed 12');
    await reader.named('mdacc init --from-live --sandbox');
    await reader.named('mdacc sandbox advance 80d');
    expect((await reader.named('mdacc apply --due --sandbox')).stdout).toContain('app -> app.2');
    return reader;
  },

  'docs/secret-stores.md': async () => {
    const reader = await Reader.of('docs/secret-stores.md', await appliedAtMotherDuck());
    await reader.upTo();
    await reader.named('mdacc validate');
    await reader.named('mdacc doctor');
    await reader.named('mdacc audit --check-stores');
    return reader;
  },

  'docs/security.md': async () => {
    const reader = await Reader.of('docs/security.md', await appliedAtMotherDuck());
    for (const command of ['mdacc apply', 'mdacc doctor', 'mdacc audit --check-stores', 'mdacc state history'])
      await reader.named(command);
    // The next rotation of a token fails in its store, after which the page says what is listed, and what comes next.
    const { stage } = reader;
    const works = stage.read();
    const exec = (command: string) => `exec, command: [node, -e, "${command}", "{account}", "{token}"] }`;
    stage.edit((text) => text.replace(/^( +local: \{ kind: ).*$/m, `$1${exec('process.exit(1)')}`));
    expect(stage.read()).not.toBe(works);
    await reader.type('mdacc rotate etl_prod/airflow --real-stores', 3);
    expect((await reader.named('mdacc state list')).stdout).toContain('unfinished');
    stage.write(CONFIG, works);
    await reader.type('mdacc apply');
    expect((await reader.type('mdacc state list')).stdout).toMatch(/airflow +airflow\.3/);
    reader.goTo(emptyFolder());
    await reader.named('mdacc init');
    return reader;
  },

  'docs/setup.md': async () => {
    const reader = await Reader.of('docs/setup.md');
    const { stage } = reader;
    const [tenant = expect.unreachable(), owner = expect.unreachable()] = blocksOf(readText(reader.page), 'yaml');
    stage.edit((text) => text.replace(/^templates:\n.*\n/m, tenant).replace(/^accounts:\n/m, owner));
    const planned = await reader.type('mdacc plan --sandbox --only reporting');
    expect(planned.stdout).not.toContain('disruptive');
    await reader.type('mdacc apply --sandbox --only reporting');
    await reader.upTo();
    await reader.named('mdacc state list reporting');
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
    stage.write('.gitignore', '.motherduck/\n');
    expect((await reader.named('mdacc doctor')).stdout).toContain('the state is shared');
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
    await reader.named('mdacc state unlock');
    reader.goTo(emptyFolder());
    await reader.named('mdacc init');
    return reader;
  },

  'docs/smoke-test.md': async () => {
    const reader = await Reader.of('docs/smoke-test.md', await Stage.applied());
    await reader.next();
    await reader.stage.serve();
    await reader.named('mdacc smoke etl_prod tenant_acme');
    return reader;
  },

  'docs/tokens.md': async () => {
    const reader = await Reader.of('docs/tokens.md', await appliedAtMotherDuck());
    await reader.upTo();
    for (const command of ["mdacc rotate 'tenant_*/app'", 'mdacc apply', 'mdacc apply --due'])
      await reader.named(command);
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
