/** With an environment of its own, the library takes nothing from that of the process. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { storesFor } from '../../src/engine/planning.ts';
import type * as Library from '../../src/library.ts';
import { defined } from '../../src/model/defined.ts';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { address, piecesIn, secret } from '../secrets/example.ts';

/** As it is published, with its program for connections. */
const { loadConfig, openService } = createRequire(import.meta.url)(join(ROOT, 'dist/library.cjs')) as typeof Library;

afterEach(() => void vi.unstubAllEnvs());

async function open(command: string, env: Library.Environment, token?: string) {
  const folder = await newFolder();
  const file = join(folder, 'accounts.yaml');
  const store = `{ kind: exec, command: ${command} }`;
  await writeFile(file, `version: 1\norganization: acme\nsecret_stores: { vault: ${store} }\n`);
  const { desired } = await loadConfig(file, { env });
  const service = await openService({ sandbox: join(folder, 'sandbox'), env, ...defined({ token }) });
  onTestFinished(() => service.close());
  const vault = storesFor(desired, service.opened, true).get('vault');
  if (vault === undefined) throw new Error('no store');
  return { folder, service, vault };
}

it.skipIf(isWindows)('a connection has its home folder and its secrets from it', async () => {
  const home = await newFolder();
  await writeFile(join(home, 'ours'), '');
  const { service } = await open('[sh]', { HOME: home, HTTPS_PROXY: 'http://ann:hunter2-of-run@proxy.example' });
  vi.stubEnv('HTTPS_PROXY', 'http://ann:hunter2-of-process@proxy.example');
  const sql = "SELECT file, 'hunter2-of-run' AS ours, 'hunter2-of-process' AS theirs FROM glob('~/our*')";
  const report = await service.opened.connectAsAdmin([{ name: 'home', sql }]);
  // What is secret in an environment is masked.
  expect(report.get('home')?.answer).toEqual({
    rows: 1,
    row: { file: join(home, 'ours'), ours: '[secret]', theirs: 'hunter2-of-process' },
  });
});

it.skipIf(isWindows)('the command of a secret store is found by it, and inherits it', async () => {
  const bin = await newFolder();
  await writeFile(join(bin, 'put'), '#!/bin/sh\necho "$MARK" "$2" > kept; /bin/cat >/dev/null\n');
  await chmod(join(bin, 'put'), 0o755);
  vi.stubEnv('MARK', 'of the process');
  const { folder, vault } = await open('[put]', { PATH: bin, MARK: 'of the run' });
  await vault.check([address()]);
  await vault.put(address(), secret);
  expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('of the run \n');
});

it.skipIf(isWindows)(
  'the command of a secret store does not inherit the token that the service was given',
  async () => {
    const token = 'a-token-of-an-admin-in-any-form';
    const env = { PATH: process.env.PATH, ACME_MD: token, ACME_BASE64: Buffer.from(`x${token}`).toString('base64') };
    const { folder, vault } = await open("[sh, -c, 'env > kept; cat > /dev/null']", env, token);
    await vault.put(address(), secret);
    const kept = await readFile(join(folder, 'kept'), 'utf8');
    expect(kept).toContain('PATH=');
    expect(kept).not.toContain('ACME_');
  },
);

it.skipIf(isWindows)('a program and a script that are on the PATH of the process alone are missing', async () => {
  const bin = await newFolder();
  for (const name of ['put', 'put.sh']) {
    await writeFile(join(bin, name), '#!/bin/sh\n');
    await chmod(join(bin, name), 0o755);
  }
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
  const empty = await newFolder();
  await mkdir(join(empty, 'bin'));
  for (const command of ['[put]', '[/bin/sh, put.sh]']) {
    const { vault } = await open(command, { PATH: join(empty, 'bin') });
    await expect(vault.check([address()])).rejects.toThrow(/put/);
  }
});

it.skipIf(isWindows)('the output of a command is without its secrets', async () => {
  const script = 'cat >/dev/null; echo "$API_PASSWORD hunter2-of-process"; exit 1';
  vi.stubEnv('API_PASSWORD', 'hunter2-of-process');
  const env = { PATH: process.env.PATH, API_PASSWORD: 'hunter2-of-the-run' };
  const { vault } = await open(`[sh, -c, '${script}']`, env);
  const error = await vault.put(address(), secret).catch((reason: Error) => reason);
  expect(error).toMatchObject({ message: expect.stringContaining('hunter2-of-process') });
  expect(String(error)).not.toContain('hunter2-of-the-run');
  expect(piecesIn(String(error))).toEqual([]);
});
