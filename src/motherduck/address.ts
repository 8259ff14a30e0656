import { UserError } from '../model/user-error.ts';

/** The base URL of MotherDuck's REST API. Source: MotherDuck's OpenAPI document, `servers`. */
export const DEFAULT_ADDRESS = 'https://api.motherduck.com';

/** The variables with the API's address: the one of this program, and the one of MotherDuck's Terraform provider. */
export const ADDRESS_VARIABLES = ['MOTHERDUCK_API_URL', 'MOTHERDUCK_API_BASE_URL'] as const;

/** An address of the API, and the option or variable that it came from; absent for MotherDuck's own. */
export interface ApiAddress {
  readonly address: URL;
  readonly source?: string;
}

/**
 * The address of the REST API: `--api-url`, else what the environment says, else MotherDuck's own.
 *
 * @throws UserError API_URL_INVALID: it is no address, or both variables are set and differ
 */
export function chooseAddress(option: string | undefined, env: NodeJS.ProcessEnv): ApiAddress {
  if (option !== undefined) return { address: parseAddress(option), source: '--api-url' };
  const given = ADDRESS_VARIABLES.flatMap((source) => {
    const text = env[source]?.trim() ?? '';
    return text === '' ? [] : [{ source, address: parseAddress(text, source) }];
  });
  const [first, second] = given;
  if (first === undefined) return { address: parseAddress() };
  if (second !== undefined && plainHref(first.address) !== plainHref(second.address)) {
    throw new UserError(
      'API_URL_INVALID',
      `${first.source} and ${second.source} are both set and name different addresses (${plainHref(first.address)}, ${plainHref(second.address)})`,
      `Unset the one that is wrong (unset ${second.source}), or give the address with --api-url.`,
    );
  }
  return first;
}

function plainHref({ href }: URL): string {
  return href.replace(/\/+$/, '');
}

/**
 * Parses the REST API's address, by default MotherDuck's own. A path prefix is kept. As in MotherDuck's Terraform provider,
 * `http:` is accepted for loopback hosts only, and credentials, query and fragment are refused.
 *
 * @param source the option or variable that it came from, for errors
 * @throws UserError API_URL_INVALID
 */
export function parseAddress(text: string | undefined = DEFAULT_ADDRESS, source = '--api-url'): URL {
  const invalid = (what: string, hint: string) =>
    new UserError('API_URL_INVALID', `the API address in ${source} is invalid: ${what}`, hint);
  const address = text.trim() === '' ? DEFAULT_ADDRESS : text.trim();
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) {
    throw invalid(
      `${printable(address)} has no scheme`,
      `Write the address in full, for example ${exampleFor(address)}`,
    );
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === '') throw invalid(`${printable(address)} is not an address`, EXAMPLE_HINT);
  if (url.username !== '' || url.password !== '' || authority(address).includes('@')) {
    throw invalid('it contains a user name or password', 'Remove them: the admin token comes from the environment.');
  }
  if (address.includes('?') || address.includes('#')) {
    throw invalid(`${printable(address)} has a query or a fragment`, 'Remove everything from the "?" or "#" on.');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw invalid(
      `${printable(address)} is not an https address`,
      'Use https, or the admin token is sent unencrypted. http is accepted for localhost, 127.0.0.1 and [::1] only.',
    );
  }
  if (/\/v1\/*$/.test(url.pathname)) {
    throw invalid(`${printable(address)} ends with the API's own path`, 'Remove the "/v1" at its end.');
  }
  return url;
}

const EXAMPLE_HINT = `Write it like ${DEFAULT_ADDRESS}, or omit it to use that address.`;

/** The hosts that are this machine, as a pattern. */
export const LOOPBACK_HOST = String.raw`(localhost|127(\.\d{1,3}){3}|\[::1\])`;
const IS_LOOPBACK = new RegExp(`^${LOOPBACK_HOST}$`);

/** Whether a host is this machine. URL has already expanded short forms such as 127.1. */
export function isLoopback(hostname: string): boolean {
  return IS_LOOPBACK.test(hostname);
}

function authority(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*:[\\/]*/i, '').split(/[\\/?#]/)[0] ?? '';
}

/** The address for a message, without control characters; hidden if it could contain a password or a token. */
function printable(text: string): string {
  const bare = (text.split(/[?#]/)[0] ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, 100);
  return bare === '' || bare.includes('@') || bare.includes('eyJ') ? 'the value' : `"${bare}"`;
}

function exampleFor(text: string): string {
  const host = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.exec(text);
  if (host !== null) return `http://${host[0]}`;
  return /^[a-z0-9.-]+(:\d+)?$/i.test(text) ? `https://${text}` : DEFAULT_ADDRESS;
}
