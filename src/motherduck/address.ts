import { UserError } from '../model/user-error.ts';

/** Where MotherDuck's REST API is. Source: MotherDuck's OpenAPI document, `servers`. */
export const DEFAULT_ADDRESS = 'https://api.motherduck.com';

/**
 * Reads the address of the REST API as a person gives it (`--api-url`, `MOTHERDUCK_API_URL`); nothing or an empty
 * text means MotherDuck's own. A path prefix is kept. `http:` is taken for loopback hosts only, and credentials,
 * query and fragment are refused, as MotherDuck's Terraform provider does.
 */
export function parseAddress(text: string | undefined = DEFAULT_ADDRESS): URL {
  const given = text.trim() === '' ? DEFAULT_ADDRESS : text.trim();
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(given)) {
    throw invalid(`${shown(given)} has no scheme`, `Write the address in full, for example ${exampleFor(given)}`);
  }
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || url.hostname === '') throw invalid(`${shown(given)} is not an address`, WRITE_IT);
  if (url.username !== '' || url.password !== '' || authority(given).includes('@')) {
    throw invalid('it holds a user name or password', 'Leave them out: the admin token comes from the environment.');
  }
  if (given.includes('?') || given.includes('#')) {
    throw invalid(
      `${shown(given)} is followed by a query or a fragment`,
      'Leave out everything from the "?" or "#" on.',
    );
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw invalid(
      `${shown(given)} is not an https address`,
      'The admin token would travel unencrypted: use https. (http is taken for localhost, 127.0.0.1 and [::1] only.)',
    );
  }
  return url;
}

const WRITE_IT = `Write it like ${DEFAULT_ADDRESS}, or leave it out to reach MotherDuck itself.`;

function invalid(what: string, hint: string): UserError {
  return new UserError('API_URL_INVALID', `the API address (--api-url, MOTHERDUCK_API_URL) is unusable: ${what}`, hint);
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  // URL has already turned 127.1 and the like into four numbers.
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function authority(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*:[\\/]*/i, '').split(/[\\/?#]/)[0] ?? '';
}

/** The address for a message: without what could be a password or a token in it, and without control characters. */
function shown(text: string): string {
  const bare = (text.split(/[?#]/)[0] ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, 100);
  return bare === '' || bare.includes('@') || bare.includes('eyJ') ? 'what was given' : `"${bare}"`;
}

function exampleFor(text: string): string {
  const host = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.exec(text);
  if (host !== null) return `http://${host[0]}`;
  return /^[a-z0-9.-]+(:\d+)?$/i.test(text) ? `https://${text}` : DEFAULT_ADDRESS;
}
