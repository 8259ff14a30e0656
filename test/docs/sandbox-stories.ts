/** The stories of what needs no organization: the sandbox, embedded and served, a configuration alone, and SQL run in it. */
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { SANDBOX, Stage } from '../stage.ts';
import { emptyFolder } from './organizations.ts';
import { Reader } from './reader.ts';

export const SANDBOXES: Readonly<Record<string, () => Promise<Reader>>> = {
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

  'docs/performance.md': async () => {
    const reader = await Reader.of('docs/performance.md');
    await reader.named('mdacc validate');
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
};

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
