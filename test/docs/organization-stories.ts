/** The stories of one organization: planned, audited, reached through a proxy, and with a state that machines share. */
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import { appliedAtMotherDuck, emptyFolder, withPullRequest } from './organizations.ts';
import { Reader } from './reader.ts';

const DAY = 86_400;

export const ORGANIZATIONS: Readonly<Record<string, () => Promise<Reader>>> = {
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
    expect((await reader.named('mdacc doctor')).stdout).toMatch(
      /^ *warning +store local .*\n.*docs\/shared-state\.md/m,
    );
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
};

/** A bucket in which the stage's commands may write. */
async function bucketAt(stage: Stage): Promise<S3Server> {
  const server = await S3Server.start();
  Object.assign(stage.env, S3Server.ENV);
  return server;
}
