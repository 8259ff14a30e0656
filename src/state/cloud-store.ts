/** What the kinds of storage services have in common; most of it is for `gcs` and `azure`, whose libraries send their own requests. */
import { maskCredentials } from '../model/credential.ts';
import { replaceControls } from '../model/quote.ts';
import { UserError } from '../model/user-error.ts';
import { certificateAdvice, certificateProblem } from '../motherduck/certificate-errors.ts';
import { UnsureError } from './object-store.ts';

/** How long a request may take, in milliseconds. */
export const TIME_LIMIT_MS = 30_000;

/** The part of a location after the bucket: '' or `motherduck/prod/`. */
export function folderOf(prefix: unknown): string {
  return typeof prefix === 'string' && prefix !== '' ? `${prefix}/` : '';
}

/** What an error of a cloud's library says on one line, without what follows. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = (text.split('\n').find((each) => each.trim() !== '') ?? 'no reason given').trim();
  return maskCredentials(replaceControls(line).slice(0, 300));
}

/** Whether a service with this status has not decided yet: too many requests, or it is out of order. */
export function isUndecided(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** The error of an answer that is not the service's: a proxy's own answer looks like one to the libraries. */
export function fromElsewhere(name: string, host: string, status: number): UserError {
  const hint =
    status === 407
      ? 'Write the user and the password of the proxy into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'
      : `Ask who manages the proxy (HTTPS_PROXY) to allow ${host}, or add it to NO_PROXY.`;
  return new UserError('STATE_UNREACHABLE', `${name}: something other than ${host} answered ${status}`, hint);
}

/** The error of a certificate that is not trusted; repeating the request does not help. @param extraCa The value of NODE_EXTRA_CA_CERTS */
export function untrusted(name: string, error: unknown, extraCa: string | undefined): UserError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const problem = certificateProblem(code);
  if (problem === undefined) return undefined;
  const check = 'Check the block state of the configuration.';
  const hint = [check, certificateAdvice(problem, extraCa) ?? []].flat().join(' ');
  return new UserError('STATE_UNREACHABLE', `the certificate of ${name} is not trusted (${code})`, hint);
}

/** Ends the wait for an answer, whatever the library does meanwhile. @throws UnsureError */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UnsureError(`no answer within ${Math.round(ms / 1000)} seconds`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
