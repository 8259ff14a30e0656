/** What is said when a proxy fails, and that nothing was sent then. */
import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/motherduck/proxy.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { ADMIN_TOKEN, failureOf, rig } from '../motherduck/support.ts';
import { HOST, refusal, startProxy, startRaw, startTls } from './connect-proxy.ts';

const PASSWORD = 'MARKER-of-the-password';
const address = new URL(`https://${HOST}`);
const PORT = { port: /(?<=127\.0\.0\.1:|localhost:)\d{4,5}\b/g };

/** A client whose requests go through what HTTPS_PROXY names. */
function behind(value: string, { timeoutMs = 5000, extraCa }: { timeoutMs?: number; extraCa?: string } = {}) {
  const proxy = proxyFor(address, { HTTPS_PROXY: value });
  if (proxy === undefined) throw new Error('there is no proxy');
  return rig({ address, timeoutMs, network: { proxy, ...(extraCa === undefined ? {} : { extraCa }) } });
}

const get = ({ http }: ReturnType<typeof behind>) => http.do({ method: 'GET', path: '/v1/users' });
const post = ({ http }: ReturnType<typeof behind>) => http.do({ method: 'POST', path: '/v1/users', body: { a: 1 } });

/** The failure of a creation, which certainly did not take effect; its text is golden. */
async function said(entry: string, client: ReturnType<typeof behind>) {
  const error = await failureOf(post(client));
  expect(error).toMatchObject({ failure: 'unreachable', code: 'API_UNREACHABLE', effect: 'none' });
  expectGoldenError(`a proxy > ${entry}`, error, PORT);
  const text = JSON.stringify({ ...error, message: error.message }) + client.lines.join();
  for (const secret of [PASSWORD, Buffer.from(PASSWORD).toString('base64').slice(4, -4), ADMIN_TOKEN])
    expect(text).not.toContain(secret);
  return error;
}

describe('a proxy that refuses', () => {
  it('for lack of credentials: nothing is repeated', async () => {
    const proxy = await startProxy({ credentials: `me:${PASSWORD}` });
    await said('wants credentials', behind(proxy.url));
    expect(proxy.targets).toEqual([`${HOST}:443`]);
    await said('refuses the credentials', behind(`http://${PASSWORD}:wrong@127.0.0.1:${proxy.port}`));
  });

  it('for lack of credentials of another kind', async () => {
    const headers = ['Proxy-Authenticate: Negotiate', 'Proxy-Authenticate: NTLM', 'Proxy-Authenticate: NTLM'];
    const proxy = await startProxy({ answer: () => refusal(407, ...headers) });
    await said('wants credentials that cannot be given', behind(proxy.url));
  });

  it.each(['answers 302', 'answers 403', 'answers 404', 'answers 502'])('%s', async (entry) => {
    const proxy = await startProxy({ answer: () => refusal(Number(entry.slice('answers '.length))) });
    await said(entry, behind(proxy.url));
    // What may go away is tried again, creations too: nothing was sent.
    expect(proxy.targets).toHaveLength(entry === 'answers 502' ? 5 : 1);
  });
});

describe('a proxy that', () => {
  it('nobody runs', async () => {
    await said('is not there', behind('http://127.0.0.1:1'));
  });

  it('has no known name', async () => {
    const client = behind('http://proxy.invalid:3128');
    const error = await failureOf(post(client));
    expect(error).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(error.message).toMatch(
      /the proxy proxy\.invalid:3128 \(HTTPS_PROXY\) was not found \((ENOTFOUND|EAI_AGAIN)\)/,
    );
  });

  it('hangs: the time limit holds', async () => {
    const port = await startRaw(() => {});
    const error = await failureOf(get(behind(`127.0.0.1:${port}`, { timeoutMs: 400 })));
    expect(error).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(error.message).toContain(`the proxy 127.0.0.1:${port} (HTTPS_PROXY)`);
    expect(error.message).toMatch(/after 2 attempts/);
  });

  it('opens a tunnel in which nothing answers', async () => {
    const port = await startRaw(() => {});
    const proxy = await startProxy({ hosts: { [HOST]: port } });
    const error = await failureOf(post(behind(proxy.url, { timeoutMs: 400 })));
    expect(error).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(error.message).toContain('(HTTPS_PROXY)');
  });

  it('closes the connection', async () => {
    const port = await startRaw((socket) => socket.once('data', () => socket.end()));
    await said('closes the connection', behind(`http://127.0.0.1:${port}`));
  });

  it('does not speak HTTP', async () => {
    const port = await startRaw((socket) => socket.once('data', () => socket.end('220 mail.example ESMTP\r\n')));
    await said('does not speak HTTP', behind(`http://127.0.0.1:${port}`));
  });

  it('wants TLS itself', async () => {
    const port = await startTls(1);
    const error = await failureOf(post(behind(`http://127.0.0.1:${port}`)));
    expect(error).toMatchObject({ failure: 'unreachable', effect: 'none' });
    expect(error.hint.text).toContain(`export HTTPS_PROXY=https://127.0.0.1:${port}`);
  });

  it('has no TLS itself', async () => {
    const proxy = await startProxy();
    await said('has no TLS', behind(`https://127.0.0.1:${proxy.port}`));
  });

  it('has a certificate that is not trusted', async () => {
    const proxy = await startProxy({ tls: true });
    const url = `https://localhost:${proxy.port}`;
    await said('has an untrusted certificate', behind(url));
    await said(
      'has an untrusted certificate, and NODE_EXTRA_CA_CERTS is wrong',
      behind(url, { extraCa: '/no/such.pem' }),
    );
  });

  it('opens a tunnel to a page', async () => {
    const port = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n<html>Sign in</html>'));
    const proxy = await startProxy({ hosts: { [HOST]: port } });
    await said('answers the tunnel with a page', behind(proxy.url));
  });

  it('closes the tunnel during its handshake', async () => {
    const port = await startRaw((socket) => socket.once('data', () => socket.end()));
    const proxy = await startProxy({ hosts: { [HOST]: port } });
    await said('closes the tunnel', behind(proxy.url));
  });

  it('opens TLS', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: await startTls(1) } });
    await said('opens TLS', behind(proxy.url));
    await said('opens TLS, and NODE_EXTRA_CA_CERTS is wrong', behind(proxy.url, { extraCa: '/no/such.pem' }));
  });
});
