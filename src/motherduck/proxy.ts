/** The proxy that the environment names for an address. */

import { defined } from '../model/defined.ts';
import { decoded } from '../model/environment-secrets.ts';
import { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';
import { isLoopback } from './address.ts';

/** A proxy that the environment names. */
export interface HttpProxy {
  /** The environment variable that names it. */
  readonly variable: string;
  /** Without credentials. */
  readonly url: URL;
  /** The variable of hosts without a proxy, if it is set. */
  readonly exceptions?: string;
  readonly credentials?: { readonly username: string; readonly password: Secret };
}

/** In the order in which they count: as in curl and undici, the lower-case spelling first. */
const HTTPS = ['https_proxy', 'HTTPS_PROXY'] as const;
const HTTP = ['http_proxy', 'HTTP_PROXY'] as const;
const NO_PROXY = ['no_proxy', 'NO_PROXY'] as const;

/**
 * The proxy for an address: of HTTPS_PROXY or HTTP_PROXY as its scheme says, else of the other, unless NO_PROXY excludes
 * the host. A loopback address never has one. Like curl, it takes an empty variable as unset.
 *
 * @throws UserError PROXY_INVALID
 */
export function proxyFor(address: URL, env: NodeJS.ProcessEnv): HttpProxy | undefined {
  const found = firstSet(env, address.protocol === 'https:' ? [...HTTPS, ...HTTP] : [...HTTP, ...HTTPS]);
  if (found === undefined || isThisMachine(address) || isExcluded(address, env)) return undefined;
  const exceptions = firstSet(env, NO_PROXY)?.variable;
  return { ...parseProxy(found.variable, found.value), ...defined({ exceptions }) };
}

/** The value of the header Proxy-Authorization. */
export function authorizationOf({ credentials }: HttpProxy): string | undefined {
  return credentials && basic(credentials.username, credentials.password.reveal());
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** `the proxy proxy.example:8080 (HTTPS_PROXY)` */
export function describeProxy({ url, variable }: HttpProxy): string {
  return `the proxy ${url.host} (${variable})`;
}

/** From where DuckDB downloads its extensions, by plain HTTP. */
const EXTENSIONS = new URL('http://extensions.duckdb.org');

/**
 * DuckDB's settings for its downloads. Seen with DuckDB 1.5.6: it reads HTTP_PROXY in this spelling only, cannot parse one
 * with credentials, a scheme other than http or a slash at the end, and does not know NO_PROXY. These settings go first.
 *
 * @throws UserError PROXY_INVALID
 */
export function duckdbProxy(env: NodeJS.ProcessEnv): Record<string, string> {
  const proxy = proxyOfDownloads(env);
  if (proxy === undefined) return {};
  const { url, credentials } = proxy;
  const signIn = credentials && {
    http_proxy_username: credentials.username,
    http_proxy_password: credentials.password.reveal(),
  };
  return { http_proxy: `${url.hostname}:${url.port || '80'}`, ...signIn };
}

function proxyOfDownloads(env: NodeJS.ProcessEnv): HttpProxy | undefined {
  const proxy = proxyFor(EXTENSIONS, env);
  return proxy?.url.protocol === 'http:' ? proxy : undefined;
}

/** The proxy of DuckDB's downloads in words; undefined without one, and where its variable is invalid. */
export function describeDownloads(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const proxy = proxyOfDownloads(env);
    return proxy && describeProxy(proxy);
  } catch {
    return undefined;
  }
}

/**
 * The same variables, each in both spellings with the value that counts, since libraries differ in what they read; without
 * HTTP_PROXY where it does not apply to DuckDB's downloads.
 */
export function inBothSpellings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const both = [HTTPS, HTTP, NO_PROXY].flatMap((variables) => {
    const value = firstSet(env, variables)?.value;
    return value === undefined ? [] : variables.map((variable) => [variable, value] as const);
  });
  return Object.fromEntries(both.filter(([variable]) => variable !== 'HTTP_PROXY' || isForDownloads(env)));
}

function isForDownloads(env: NodeJS.ProcessEnv): boolean {
  try {
    return duckdbProxy(env).http_proxy !== undefined;
  } catch {
    return true; // and DuckDB says what is wrong with it, unless the connection is to the sandbox
  }
}

function firstSet(env: NodeJS.ProcessEnv, variables: readonly string[]) {
  for (const variable of variables) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

function isThisMachine({ hostname }: URL): boolean {
  const host = hostname.replace(/\.$/, '');
  // The last is an IPv4 address within IPv6: 127.0.0.0/8.
  return isLoopback(host) || host.endsWith('.localhost') || /^\[::ffff:7f[0-9a-f]{2}:/.test(host);
}

/**
 * Whether NO_PROXY has the host: `*`, `example.com` with its subdomains (as `.example.com` and `*.example.com`), an IP
 * address, each with a port if it applies to that port only. Entries are separated by commas or blanks.
 */
function isExcluded(address: URL, env: NodeJS.ProcessEnv): boolean {
  const host = bare(address.hostname);
  const port = address.port || (address.protocol === 'https:' ? '443' : '80');
  const entries = firstSet(env, NO_PROXY)?.value.split(/[\s,]+/) ?? [];
  return entries.some((entry) => {
    if (entry === '*') return true;
    const withPort = isIPv6(entry) ? undefined : /^(.+):(\d+)$/.exec(entry);
    const name = bare((withPort?.[1] ?? entry).replace(/^\*?\./, ''));
    if (name === '' || (withPort && Number(withPort[2]) !== Number(port))) return false;
    return host === name || host.endsWith(`.${name}`);
  });
}

/** A host in one spelling: lower case, without the dot of the root, IPv6 addresses shortened and without brackets. */
function bare(host: string): string {
  const plain = host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return isIPv6(plain) ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
}

/** As in node:net, which a plan of the sandbox does not need to load. */
function isIPv6(text: string): boolean {
  return text.includes(':') && URL.canParse(`http://[${text}]`);
}

function parseProxy(variable: string, value: string): HttpProxy {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (/^socks/i.test(full)) throw invalid(variable, 'names a SOCKS proxy, which is not supported');
  if (url === undefined || url.hostname === '' || !/^https?:$/.test(url.protocol)) {
    throw invalid(variable, 'is not the address of a proxy');
  }
  // Not shown: with a / or # in the password, what seems to be the host is the user name, and the path has the rest.
  if (url.pathname !== '/' || /[?#]/.test(full)) {
    throw invalid(variable, 'has a path, a query or a fragment, or a password with such a character');
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { variable, url };
  return { variable, url, credentials: { username: decoded(username), password: new Secret(decoded(password)) } };
}

function invalid(variable: string, what: string): UserError {
  const hint = `Write it like http://proxy.example:8080 or ${withCredentials('http://proxy.example:8080')}. To use none: unset ${variable}`;
  return new UserError('PROXY_INVALID', `the value of ${variable} ${what}`, hint);
}

/** How to write an origin with credentials. */
export function withCredentials(origin: string): string {
  const example = origin.replace('//', '//USER:PASSWORD@');
  return `${example} (in the password, write @ as %40, / as %2F, # as %23 and % as %25)`;
}
