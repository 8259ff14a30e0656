/** Which proxy the environment names. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { proxySecrets } from '../../src/model/environment-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import { extraCaAdvice } from '../../src/motherduck/certificate-errors.ts';
import { motherduckConnector } from '../../src/motherduck/connector.ts';
import { authorizationOf, duckdbProxy, inBothSpellings, proxyFor } from '../../src/motherduck/proxy.ts';
import { expectGolden, expectGoldenError } from '../golden/golden.ts';
import { CA } from './connect-proxy.ts';

const API = new URL('https://api.motherduck.com');
const PROXY = 'http://proxy.corp:3128';
const MARKER = 'MARKER-of-the-proxy';

const hostFor = (env: NodeJS.ProcessEnv, address: string | URL = API) => proxyFor(new URL(address), env)?.url.origin;

function refusal(value: string): UserError {
  try {
    proxyFor(API, { HTTPS_PROXY: value });
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error(`not refused: ${value}`);
}

describe('the proxy', () => {
  it('is that of the first variable that is set, lower case first', () => {
    const [a, b, c, d] = ['http://a', 'http://b', 'http://c', 'http://d'];
    expect(hostFor({ https_proxy: a, HTTPS_PROXY: b, http_proxy: c, HTTP_PROXY: d })).toBe(a);
    expect(hostFor({ https_proxy: ' ', HTTPS_PROXY: b, http_proxy: c, HTTP_PROXY: d })).toBe(b);
    expect(hostFor({ http_proxy: c, HTTP_PROXY: d })).toBe(c);
    expect(hostFor({ https_proxy: '', HTTP_PROXY: d })).toBe(d);
    expect(hostFor({ ALL_PROXY: a })).toBeUndefined();
    expect(hostFor({})).toBeUndefined();
    expect(proxyFor(API, { HTTP_PROXY: d })?.variable).toBe('HTTP_PROXY');
  });

  it.each([
    ['proxy.corp:3128', PROXY],
    ['http://proxy.corp:3128/', PROXY],
    ['HTTP://Proxy.Corp:3128', PROXY],
    ['https://proxy.corp', 'https://proxy.corp'],
    ['http://[2001:db8::1]:3128', 'http://[2001:db8::1]:3128'],
    ['user:pw@proxy.corp:3128', PROXY],
  ])('may be written as %s', (value, origin) => {
    expect(hostFor({ HTTPS_PROXY: value })).toBe(origin);
  });

  it.each([
    ['http://me:pw@p', 'me:pw'],
    ['http://me@p', 'me:'],
    ['http://d%5Cme:p%40w%3A%2F@p', 'd\\me:p@w:/'],
    ['http://me:50%@p', 'me:50%'],
    ['http://me:p@w@p', 'me:p@w'],
    ['http://me:ü@p', 'me:ü'],
  ])('has the credentials of %s', (value, credentials) => {
    const proxy = proxyFor(API, { HTTPS_PROXY: value });
    const sent = proxy && authorizationOf(proxy)?.replace('Basic ', '');
    expect(Buffer.from(sent ?? '', 'base64').toString()).toBe(credentials);
    expect(proxy?.url.href).toBe('http://p/');
  });

  it.each([
    `http://me:${MARKER}/x@proxy:1`,
    `http://me:1#${MARKER}@proxy:1`,
    `http://me:1?${MARKER}@proxy:1`,
    `http://me:1\\${MARKER}@proxy:1`,
    `http://me:${MARKER}@`,
    `http://me:${MARKER}@pro xy`,
    `http://me:${MARKER}@proxy:99999`,
    `ftp://me:${MARKER}@proxy`,
    `${MARKER}://proxy`,
    `http:/me:${MARKER}@proxy`,
    `me:${MARKER}/@proxy`,
    'http://proxy/path',
    'http://',
  ])('is refused without its value: %s', (value) => {
    const error = refusal(value);
    expect(error.code).toBe('PROXY_INVALID');
    expect(error.message).toContain('HTTPS_PROXY');
    expect(error.message + error.hint.text).not.toContain(MARKER);
  });

  it('is refused in words', () => {
    expectGoldenError('a proxy > is no address', refusal('http://'));
    expectGoldenError('a proxy > has a path', refusal('http://me:a/b@proxy:1'));
    expectGoldenError('a proxy > is a SOCKS proxy', refusal(`socks5h://me:${MARKER}@proxy:1080`));
  });

  it('is not looked at where it does not apply', () => {
    const env = { HTTPS_PROXY: 'socks5://x', HTTP_PROXY: 'nonsense://' };
    const local = [
      'http://localhost:1',
      'https://localhost',
      'http://127.0.0.1',
      'https://127.9.9.9',
      'http://[::1]:1',
    ];
    const more = ['https://localhost.', 'https://a.localhost', 'https://[::ffff:127.0.0.1]'];
    for (const address of [...local, ...more]) {
      for (const none of ['', 'other.example']) expect(hostFor({ ...env, NO_PROXY: none }, address)).toBeUndefined();
    }
    expect(hostFor({ ...env, NO_PROXY: 'motherduck.com' })).toBeUndefined();
  });

  it('shows its password nowhere', () => {
    const proxy = proxyFor(API, { HTTPS_PROXY: `http://me:${MARKER}@proxy:1` });
    expect(inspect(proxy, { depth: 9 }) + JSON.stringify(proxy) + String(proxy?.url)).not.toContain(MARKER);
  });
});

describe('NO_PROXY', () => {
  it.each([
    '*',
    'a, *',
    'api.motherduck.com',
    'API.MotherDuck.com.',
    'motherduck.com',
    '.motherduck.com',
    '*.motherduck.com',
    'api.motherduck.com:443',
    '.motherduck.com:443',
    'x,api.motherduck.com',
    'x api.motherduck.com',
    ' x,\ty ,, motherduck.com ',
  ])('excludes the API: %j', (value) => {
    expect(hostFor({ HTTPS_PROXY: PROXY, NO_PROXY: value })).toBeUndefined();
    expect(hostFor({ HTTPS_PROXY: PROXY, no_proxy: value, NO_PROXY: 'x' })).toBeUndefined();
  });

  it.each([
    '',
    ' ',
    ',',
    '.',
    'duck.com',
    'api',
    'api.motherduck.com:80',
    'x.api.motherduck.com',
    'motherduck.co',
    '*duck.com',
  ])('does not exclude it: %j', (value) => expect(hostFor({ HTTPS_PROXY: PROXY, NO_PROXY: value })).toBe(PROXY));

  it.each([
    ['https://10.0.0.1', '10.0.0.1'],
    ['https://[2001:db8::1]', '2001:db8::1'],
    ['https://[2001:db8::1]', '[2001:DB8:0::1]'],
    ['https://[2001:db8::1]:8443', '[2001:db8::1]:8443'],
    ['https://x.example:8443', 'x.example:8443'],
  ])('excludes %s: %s', (address, value) => {
    expect(hostFor({ HTTPS_PROXY: PROXY, NO_PROXY: value }, address)).toBeUndefined();
    expect(hostFor({ HTTPS_PROXY: PROXY, NO_PROXY: value }, 'https://x.example')).toBe(PROXY);
  });

  it('counts in lower case first, and an empty variable does not count', () => {
    expect(hostFor({ HTTPS_PROXY: PROXY, no_proxy: 'x', NO_PROXY: '*' })).toBe(PROXY);
    expect(hostFor({ HTTPS_PROXY: PROXY, no_proxy: '', NO_PROXY: '*' })).toBeUndefined();
  });
});

describe('the child that connects', () => {
  it('downloads through the same proxies, in the form that DuckDB reads', () => {
    expect(duckdbProxy({ HTTPS_PROXY: `http://m%40e:${MARKER}%2F@proxy.corp:3128/` })).toEqual({
      http_proxy: 'proxy.corp:3128',
      http_proxy_username: 'm@e',
      http_proxy_password: `${MARKER}/`,
    });
    expect(duckdbProxy({ https_proxy: 'http://a:1', HTTP_PROXY: 'b' })).toEqual({ http_proxy: 'b:80' });
    expect(duckdbProxy({ HTTP_PROXY: 'b', NO_PROXY: '*' })).toEqual({});
    expect(duckdbProxy({ HTTP_PROXY: 'b', NO_PROXY: '.duckdb.org' })).toEqual({});
    // DuckDB has no TLS to a proxy.
    expect(duckdbProxy({ HTTP_PROXY: 'https://b' })).toEqual({});
    expect(duckdbProxy({})).toEqual({});
  });

  it('is given them by the connector', async () => {
    const env = { HTTPS_PROXY: PROXY };
    const { options } = await motherduckConnector({ userAgent: 'x', env }).target(new Secret('t'), '');
    expect(options).toEqual({ motherduck_token: 't', custom_user_agent: 'x', http_proxy: 'proxy.corp:3128' });
  });

  it('finds each variable in both spellings', () => {
    expect(inBothSpellings({ https_proxy: 'a', HTTPS_PROXY: 'b', HTTP_PROXY: 'c', no_proxy: '' })).toEqual({
      ...{ https_proxy: 'a', HTTPS_PROXY: 'a', http_proxy: 'c', HTTP_PROXY: 'c' },
    });
  });

  it('has no HTTP_PROXY that does not hold for its downloads', () => {
    expect(inBothSpellings({ HTTP_PROXY: 'b', NO_PROXY: '*' })).toEqual({
      http_proxy: 'b',
      no_proxy: '*',
      NO_PROXY: '*',
    });
    expect(inBothSpellings({ HTTP_PROXY: 'https://b' })).toEqual({ http_proxy: 'https://b' });
    // Of the sandbox; a connection to MotherDuck was refused before.
    expect(inBothSpellings({ HTTP_PROXY: '://' })).toEqual({ http_proxy: '://', HTTP_PROXY: '://' });
  });

  it('repeats no credentials', () => {
    const secrets = proxySecrets({
      HTTPS_PROXY: `http://me:p%40${MARKER}@proxy`,
      all_proxy: `x:${MARKER}@y`,
      PATH: '/b',
    });
    expect(secrets).toEqual(expect.arrayContaining([`p@${MARKER}`, `p%40${MARKER}`, MARKER]));
    expect(secrets.join()).not.toContain('/b');
    expect(proxySecrets({ HTTPS_PROXY: 'http://proxy:1' })).toEqual([]);
  });
});

describe('the advice on NODE_EXTRA_CA_CERTS', () => {
  it('says what is wrong with the file', () => {
    const files = [undefined, '/no/such.pem', import.meta.dirname, import.meta.filename, CA];
    const names = { ca: CA, text: import.meta.filename, directory: import.meta.dirname };
    expectGolden(
      'errors',
      'the advice on NODE_EXTRA_CA_CERTS',
      files.map((file) => extraCaAdvice(file)).join('\n'),
      names,
    );
  });
});
