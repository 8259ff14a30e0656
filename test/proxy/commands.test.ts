/** The built program behind a proxy with a private CA, which Node trusts from its start: where it is trusted, a process runs. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { extraCaAdvice } from '../../src/motherduck/certificate-errors.ts';
import { ROOT } from '../in-process.ts';
import { outputOf, SANDBOX, Stage } from '../stage.ts';
import { CA, type ConnectProxy, HOST, OTHER_CA, refusal, startProxy, startRaw, startTls } from './connect-proxy.ts';

const MARKER = 'MARKER-of-the-proxy';
const ENCODED = Buffer.from(`us@er:${MARKER}/1`).toString('base64');

let stage: Stage;
/** The port of the served sandbox with TLS. */
let tls: number;
const url = `https://${HOST}`;

beforeEach(async () => {
  stage = new Stage();
  tls = await startTls(Number(new URL(await stage.serve()).port));
  stage.env.MOTHERDUCK_API_URL = url;
});

const through = (proxy: ConnectProxy, more: Record<string, string> = {}) => ({
  HTTPS_PROXY: proxy.url,
  NODE_EXTRA_CA_CERTS: CA,
  ...more,
});

describe('behind a proxy with a private CA', () => {
  it('the commands of the demo work', { timeout: 240_000 }, async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls }, credentials: `us@er:${MARKER}/1` });
    const named = `http://us%40er:${MARKER}%2F1@127.0.0.1:${proxy.port}/`;
    const env = { ...process.env, ...stage.env, ...through(proxy, { HTTPS_PROXY: named }), HOME: stage.path };
    const script = path.join(ROOT, 'scripts/demo.mjs');
    const { code, stdout, stderr } = await outputOf(spawn(process.execPath, [script, '--api-url', url], { env }));
    expect(stdout + stderr).toContain('The demo passed.');
    expect(code).toBe(0);
    expect(new Set(proxy.targets)).toEqual(new Set([`${HOST}:443`]));
    expect(stdout + stderr).not.toContain(MARKER);
  });

  it('a proxy with TLS of its own works too', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls }, tls: true });
    const { code, stdout, stderr } = await stage.runProgram('plan', through(proxy));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('3 accounts');
    expect(proxy.headers[0]).toMatchObject({ 'user-agent': expect.stringMatching(/^motherduck-accounts\//) });
  });

  it('creations are repeated when no tunnel was opened for them', async () => {
    let isRefusing = true;
    const proxy = await startProxy({
      hosts: { [HOST]: tls },
      answer: (n) => (isRefusing && n % 3 === 2 ? refusal(503) : undefined),
    });
    const { code, stderr } = await stage.runProgram('apply --yes --no-smoke --parallelism 8', through(proxy));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // By chance all tries of one request of the plan could be a third tunnel.
    isRefusing = false;
    expect((await stage.runProgram('plan', through(proxy))).stdout).toContain('No changes.');
  });

  it('--debug names the proxy, and nothing shows its password', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls }, credentials: 'other:one' });
    const env = through(proxy, { HTTPS_PROXY: `http://us%40er:${MARKER}%2F1@127.0.0.1:${proxy.port}` });
    for (const words of [
      'plan --debug',
      'plan --format json --debug',
      'plan --format markdown',
      'audit --format sarif',
    ]) {
      const { code, stdout, stderr } = await stage.run(words, env);
      expect(code).toBe(1);
      expect(stderr).toContain('(407)');
      if (words.includes('debug')) expect(stderr).toContain(`the proxy 127.0.0.1:${proxy.port} (HTTPS_PROXY)`);
      for (const text of [MARKER, ENCODED, 'us@er', 'us%40er']) expect(stdout + stderr).not.toContain(text);
    }
  });

  it('DuckDB downloads its extension through the proxy, with its credentials, and shows them nowhere', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls }, credentials: `us@er:${MARKER}/1` });
    const named = `http://us%40er:${MARKER}%2F1@127.0.0.1:${proxy.port}/`;
    // Without the folder of the sandbox, the service is taken for MotherDuck.
    delete stage.env.MDACC_SANDBOX;
    const { code, stdout, stderr } = await stage.runProgram(
      'apply --yes --debug',
      through(proxy, { HTTPS_PROXY: named }),
    );
    expect(code).toBe(4);
    expect(proxy.downloads).not.toHaveLength(0);
    for (const download of proxy.downloads)
      expect(download).toMatch(new RegExp(`^http://extensions\\.duckdb\\.org/\\S+ us@er:${MARKER}/1$`));
    expect(stdout).toContain('http://extensions.duckdb.org');
    for (const text of [MARKER, ENCODED]) expect(stdout + stderr).not.toContain(text);
  });

  it('a page in the place of an answer, and a certificate for another host, are said of the proxy', async () => {
    const page = await startRaw((socket) => socket.once('data', () => socket.end(refusal(403))));
    const proxy = await startProxy({ hosts: { [HOST]: await startTls(page), 'other.test': tls } });
    const blocked = await stage.runProgram('plan -o json', through(proxy));
    expect(JSON.parse(blocked.stdout).error).toMatchObject({
      code: 'API_NOT_MOTHERDUCK',
      hint: { text: expect.stringContaining(`the proxy 127.0.0.1:${proxy.port} (HTTPS_PROXY)`) },
    });
    const other = { MOTHERDUCK_API_URL: 'https://other.test' };
    for (const tlsProxy of ['https://127.0.0.1', 'https://localhost']) {
      const { port } = await startProxy({ hosts: { 'other.test': tls }, tls: true });
      const { stderr } = await stage.runProgram(
        'plan',
        through(proxy, { ...other, HTTPS_PROXY: `${tlsProxy}:${port}` }),
      );
      expect(stderr).toContain('the certificate of other.test');
      expect(stderr).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
      expect(stderr).not.toContain('DEP0123');
    }
  });

  it('a proxy that opens TLS is named, and so is the file that is not one of certificates', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls } });
    const env = { HTTPS_PROXY: proxy.url };
    const untrusted = await stage.run('plan', env);
    expect(untrusted.code).toBe(1);
    expect(untrusted.stderr).toContain(`through the proxy 127.0.0.1:${proxy.port} (HTTPS_PROXY)`);
    expect(untrusted.stderr).toContain('export NODE_EXTRA_CA_CERTS=/path/to/ca.pem');
    const missing = await stage.run('plan', { ...env, NODE_EXTRA_CA_CERTS: 'no.pem' });
    expect(missing.stderr).toContain('NODE_EXTRA_CA_CERTS is set, but no.pem cannot be read (ENOENT)');
    stage.write('ca.der', '\x30\x82\x01');
    const binary = await stage.run('plan', { ...env, NODE_EXTRA_CA_CERTS: 'ca.der' });
    expect(binary.stderr).toContain('openssl x509 -inform der -in ca.der -out ca.pem');
    const other = await stage.run('plan', { ...env, NODE_EXTRA_CA_CERTS: OTHER_CA });
    expect(other.stderr).toContain(extraCaAdvice(OTHER_CA));
  });
});

describe('without a proxy', () => {
  it('nothing of it is loaded', async () => {
    stage.write('loaded.cjs', "process.on('exit', () => console.error(Object.keys(require.cache).join()));");
    const proxy = await startProxy({ hosts: { [HOST]: tls } });
    const loadedBy = async (env: Record<string, string>) =>
      (await outputOf(stage.spawn('plan', env, { node: ['--require', stage.file('loaded.cjs')] }))).stderr;
    expect(await loadedBy(through(proxy))).toContain('proxy-agent.js');
    const direct = await loadedBy({ ...through(proxy), MOTHERDUCK_API_URL: `https://localhost:${tls}` });
    expect(direct).toContain('pool.js');
    expect(direct).not.toContain('proxy-agent.js');
  });

  it('the API with a private CA is reached', async () => {
    const { code, stderr } = await stage.runProgram('plan', {
      MOTHERDUCK_API_URL: `https://localhost:${tls}`,
      NODE_EXTRA_CA_CERTS: CA,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('NO_PROXY is followed', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls } });
    for (const [name, value] of Object.entries({ NO_PROXY: '.sandbox.test', no_proxy: `x, ${HOST}:443` })) {
      const { code, stderr } = await stage.run('plan', { HTTPS_PROXY: proxy.url, [name]: value });
      expect(code).toBe(1);
      expect(stderr).toMatch(/ENOTFOUND|EAI_AGAIN/);
    }
    expect(proxy.targets).toEqual([]);
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'])(
    'a sandbox is used whatever %s says',
    async (name) => {
      const plain = new Stage();
      const env = { [name]: `http://us:${MARKER}@127.0.0.1:1`, NO_PROXY: 'elsewhere.example' };
      const invalid = { [name]: `${MARKER}://` };
      for (const each of [env, invalid]) {
        const { code, stderr } = await plain.run('plan --sandbox', each);
        expect({ code, stderr: stderr.replace(/^Created.*\n/, '') }).toEqual({ code: 0, stderr: '' });
      }
      await plain.serve();
      for (const each of [env, invalid]) expect((await plain.run('plan', each)).code).toBe(0);
      expect(plain.has(SANDBOX)).toBe(true);
    },
  );
});
