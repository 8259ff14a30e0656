import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isRunning } from '../../../../src/files/process.ts';
import type { SecretStoreConfig } from '../../../../src/model/desired.ts';
import { expandWords } from '../../../../src/secrets/kinds/exec/placeholders.ts';
import { runStoreCommand } from '../../../../src/secrets/kinds/exec/run-command.ts';
import { openStores } from '../../../../src/secrets/stores.ts';
import { newFolder } from '../../../files/processes.ts';
import { expectGoldenError } from '../../../golden/golden.ts';
import { isWindows } from '../../../platform.ts';
import { address, execConfig, fileConfig, marker, nodeConfig, openExecStore, refusal, secret } from '../../example.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

afterEach(() => vi.unstubAllEnvs());

const newFile = async () => join(await newFolder(), 'out');

describe.skipIf(isWindows)('put', () => {
  it('passes the secret on standard input without a line break, and the other facts in the words', async () => {
    const file = await newFile();
    const save = 'cat > "$0"; printf "%s\\n" "$@" > "$0.words"';
    const words = [
      '{account}/{token}',
      'g{generation}',
      '{expires_at}',
      '{type}',
      '{secret}',
      '{ACCOUNT}',
      '$HOME; "*"',
    ];
    await openExecStore(execConfig(['sh', '-c', save, file, ...words])).put(address(), secret);
    expect(await readFile(file, 'utf8')).toBe(marker);
    const given = 'etl_prod/airflow\ng2\n2027-01-30T08:00:01.000Z\nread_write\n{secret}\n{ACCOUNT}\n$HOME; "*"\n';
    expect(await readFile(`${file}.words`, 'utf8')).toBe(given);
  });

  it('passes the input with the secret in it, as it is, as JSON and in base64', async () => {
    const file = await newFile();
    const input = '{"{account}":{secret_json},"{token}":"{secret_base64}","x":"{secret}{generation}{unknown}"}';
    await openExecStore(execConfig(['sh', '-c', 'cat > "$0"', file], { input })).put(address(), secret);
    const base64 = Buffer.from(marker).toString('base64');
    expect(await readFile(file, 'utf8')).toBe(
      `{"etl_prod":"${marker}","airflow":"${base64}","x":"${marker}2{unknown}"}`,
    );
  });

  it('shows nothing of the secret when a command prints its input', async () => {
    const input = '{"data":"{secret_base64}","json":{secret_json}}';
    const error = await refusal(
      openExecStore(execConfig(['sh', '-c', 'cat; exit 1'], { input })).put(address(), secret),
    );
    expect(error.message).toContain('[secret]');
  });

  it("runs in the configuration's folder, where scripts beside it are found", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'store.sh'), '#!/bin/sh\ncat > kept\n', { mode: 0o755 });
    const store = openExecStore(execConfig(['./store.sh'], { folder, check: ['test', '-f', 'store.sh'] }));
    await store.check();
    await store.put(address(), secret);
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe(marker);
    const elsewhere = openExecStore(execConfig(['./store.sh'], { folder: await newFolder() }));
    expect((await refusal(elsewhere.check())).message).toContain('./store.sh');
  });

  it('can be read as /dev/stdin, as aws and kubectl do', async () => {
    const file = await newFile();
    await openExecStore(execConfig(['cp', '/dev/stdin', file])).put(address(), secret);
    expect(await readFile(file, 'utf8')).toBe(marker);
  });

  it('replaces known placeholders in one pass', () => {
    const tricky = { account: '{token}', token: '{account}$&' };
    expect(expandWords(['{account}:{token}:{expires_at}'], tricky)).toEqual(['{token}:{account}$&:{expires_at}']);
  });

  it('says never for a token that does not expire', async () => {
    const file = await newFile();
    await openExecStore(execConfig(['sh', '-c', 'cat > "$0.secret"; echo "$1" > "$0"', file, '{expires_at}'])).put(
      address({ expiresAt: null }),
      secret,
    );
    expect(await readFile(file, 'utf8')).toBe('never\n');
  });

  it('does not pass the secret in words or environment, nor other tokens', async () => {
    const file = await newFile();
    for (const name of [
      'MOTHERDUCK_ADMIN_TOKEN',
      'MOTHERDUCK_TOKEN',
      'motherduck_token',
      'MotherDuck_Token_Etl',
      'KEPT',
    ])
      vi.stubEnv(name, 'x');
    const admin = 'header.payload-of-the-admin.signature';
    vi.stubEnv('MOTHERDUCK_ADMIN_TOKEN', admin);
    for (const [name, text] of Object.entries({ PLAIN: admin, BASIC: `u:${admin}`, LONGER: `us:${admin}:more` }))
      vi.stubEnv(`COPY_${name}`, name === 'PLAIN' ? text : Buffer.from(text).toString('base64'));
    // As `base64` writes it, and as a line of JSON or dotenv says that.
    const wrapped = Buffer.from(`token ${admin}, and more`).toString('base64').replace(/.{20}/g, '$&\n');
    vi.stubEnv('COPY_WRAPPED', wrapped);
    vi.stubEnv('COPY_WRAPPED_WINDOWS', wrapped.replaceAll('\n', '\r\n'));
    vi.stubEnv('COPY_QUOTED', JSON.stringify(wrapped));
    // An address is no secret, and the user's own command may connect.
    vi.stubEnv('MOTHERDUCK_HOST', 'api.example');
    // A vault behind the proxy needs it.
    vi.stubEnv('HTTPS_PROXY', 'http://ann:pw@proxy.example:8080');
    const spy = `
      const fs = require('fs');
      fs.readFileSync(0);
      const own = fs.existsSync('/proc/self/environ') ? ['cmdline', 'environ'].map((name) => fs.readFileSync('/proc/self/' + name, 'utf8')) : [];
      fs.writeFileSync(process.argv[1], JSON.stringify({ own, argv: process.argv, env: process.env, cwd: process.cwd() }));
    `;
    await openExecStore(execConfig([process.execPath, '-e', spy, file])).put(address(), secret);
    const seen = await readFile(file, 'utf8');
    expect(seen).not.toContain(marker.slice(0, 20));
    const { env, cwd } = JSON.parse(seen);
    expect(Object.keys(env).filter((name) => /motherduck|^COPY_/i.test(name))).toEqual(['MOTHERDUCK_HOST']);
    expect(env.KEPT).toBe('x');
    expect(env.HTTPS_PROXY).toBe('http://ann:pw@proxy.example:8080');
    expect(cwd).toBe(process.cwd());
  });

  it('never shows the secret that a failing command prints', async () => {
    const leak = `
      const secret = require('fs').readFileSync(0, 'utf8');
      console.log('stored', secret);
      console.error('could not store ' + secret + ' nor ' + Buffer.from(secret).toString('base64') + ': permission denied');
      process.exit(3);
    `;
    const error = await refusal(openExecStore(nodeConfig(leak)).put(address(), secret));
    expect(error.code).toBe('STORE_FAILED');
    expect(error.message).toContain('could not store [secret] nor [secret]: permission denied');
    expect(error.message).not.toContain(marker);
    expectGoldenError('a store command > fails', error);
  });

  it('names the signal that ended the command', async () => {
    const error = await refusal(openExecStore(execConfig(['sh', '-c', 'kill -KILL $$'])).put(address(), secret));
    expect(error.message).toContain('SIGKILL');
    expectGoldenError('a store command > says which signal ended the command', error);
  });

  it.runIf(process.platform === 'linux')('takes no command for done that did not read the secret', async () => {
    const error = await refusal(openExecStore(execConfig(['sh', '-c', 'exec <&-; exit 0'])).put(address(), secret));
    expectGoldenError('a store command > reads nothing', error);
  });

  it('notices when a command fails that does not read', async () => {
    const error = await refusal(openExecStore(execConfig(['sh', '-c', 'exec <&-; exit 9'])).put(address(), secret));
    expect(error.message).toContain('code 9');
  });

  it('reads large output to its end and keeps only the last part', async () => {
    const flood = `
      const secret = require('fs').readFileSync(0, 'utf8');
      const line = secret + ' and so on\\n';
      for (let n = 0; n < 20000; n++) require('fs').writeSync(n % 2 + 1, line);
      require('fs').writeSync(2, 'the end\\n');
      process.exit(1);
    `;
    const error = await refusal(openExecStore(nodeConfig(flood)).put(address(), secret));
    expect(error.message).toContain('[secret] and so on | the end');
    expect(error.message.length).toBeLessThan(1000);
    const one = `process.stdout.write('x'.repeat(1e6) + require('fs').readFileSync(0, 'utf8'), () => process.exit(1))`;
    const cut = await refusal(openExecStore(nodeConfig(one)).put(address(), secret));
    expect(cut.message).not.toContain(marker);
    expectGoldenError('a store command > reads a flood', cut);
  });

  it('does not wait for what the command leaves running', async () => {
    // If it did, the test would run into its time limit.
    await openExecStore(execConfig(['sh', '-c', 'sleep 60 & cat > /dev/null'])).put(address(), secret);
  });
});

describe.skipIf(isWindows)('the time limit', () => {
  it('stops a command that hangs, and what it started', async () => {
    const file = await newFile();
    const hang = 'sleep 60 & echo $! > "$0"; cat; wait';
    const error = await refusal(
      openExecStore(execConfig(['sh', '-c', hang, file], { timeout: 1 })).put(address(), secret),
    );
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
    expectGoldenError('a store command > stops a command that hangs', error);
    const child = Number(await readFile(file, 'utf8'));
    const state = () => execFileSync('sh', ['-c', `ps -o stat= -p ${child} || true`], { encoding: 'utf8' }).trim();
    await vi.waitFor(() => expect(state()).toMatch(/^(Z.*)?$/), 30_000);
  });

  it('takes a command that ended in time for done, where this process was stopped meanwhile', async () => {
    const file = await newFile();
    const brief = ['sh', '-c', 'cat > /dev/null; echo $$ > "$0.new"; mv "$0.new" "$0"; sleep 0.2', file];
    const stored = openExecStore(execConfig(brief, { timeout: 3 })).put(address(), secret);
    const pid = Number(await vi.waitFor(() => readFile(file, 'utf8'), { timeout: 3000, interval: 5 }));
    // No event of this process is handled until the command has ended and its time is over.
    const wait = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    while (isRunning(pid)) wait(20);
    wait(3000);
    await stored;
  });

  it('kills one that ignores the request to stop', async () => {
    const stubborn = ['sh', '-c', 'trap "" TERM; cat; while :; do sleep 1; done'];
    const outcome = await runStoreCommand(stubborn, {
      folder: '.',
      env: process.env,
      timeoutMs: 300,
      graceMs: 100,
      stdin: secret,
    });
    expect(outcome).toMatchObject({ ended: 'timeout', output: marker });
  });
});

describe.skipIf(isWindows)('a missing program', () => {
  it('is named', async () => {
    const store = openExecStore(execConfig(['no-such-vault', 'put']));
    for (const error of [await refusal(store.check()), await refusal(store.put(address(), secret))]) {
      expect(error.message).toContain('no-such-vault');
      expectGoldenError(`a store command > what is not there > ${error.code}`, error);
    }
    const path = openExecStore(execConfig(['./no/such/vault', 'put']));
    expect((await refusal(path.check())).message).toContain('./no/such/vault');
  });

  it('may be a file that cannot be run', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'vault'), '#!/bin/sh\n', { mode: 0o644 });
    await mkdir(join(folder, 'folder'));
    vi.stubEnv('PATH', folder);
    expect((await refusal(openExecStore(execConfig(['vault'])).check())).code).toBe('STORE_UNUSABLE');
    expect((await refusal(openExecStore(execConfig(['folder'])).check())).code).toBe('STORE_UNUSABLE');
    const put = openExecStore(execConfig([join(folder, 'vault')])).put(address(), secret);
    expect((await refusal(put)).message).toMatch(/vault .*\(EACCES\)/);
    await chmod(join(folder, 'vault'), 0o755);
    await openExecStore(execConfig(['vault'])).check();
  });
});

describe.skipIf(isWindows)('check', () => {
  it('runs without input, and passes with exit code 0', async () => {
    const check = ['sh', '-c', 'test -z "$(cat)"'];
    await openExecStore(execConfig(['cat'], { check })).check();
  });

  it('fails otherwise, with the output of the check, but no token in it', async () => {
    const check = ['sh', '-c', 'echo "permission denied for hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrab" >&2; exit 2'];
    expect(await refusal(openExecStore(execConfig(['cat'], { check })).check())).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringMatching(/\b2\b.*permission denied for \[secret\]/s),
      location: { line: 4 },
    });
    const missing = openExecStore(execConfig(['cat'], { check: ['no-such-vault'] }));
    expect((await refusal(missing.check())).message).toContain('no-such-vault');
  });
});

it.skipIf(isWindows)('the secret path of an exec store is its name and the token, whatever the words', () => {
  expect(openExecStore(execConfig(['vault', '{account}'])).secretPath(address())).toBe('vault#etl_prod/airflow');
});

it.skipIf(isWindows)('openStores opens the store of each kind', () => {
  const stores = openStores(
    new Map<string, SecretStoreConfig>().set('a', fileConfig('/x/y')).set('b', execConfig(['cat'])),
    process.env,
  );
  expect([...stores.keys()]).toEqual(['a', 'b']);
  expect(stores.get('a')?.secretPath(address())).toContain('#');
  expect(stores.get('b')?.secretPath(address())).toBe('vault#etl_prod/airflow');
});
