import { describe, expect, it } from 'vitest';
import { ProxyError } from '../../src/motherduck/proxy-errors.ts';
import { type AttemptOutcome, retryDelay } from '../../src/motherduck/retry.ts';
import type { Method } from '../../src/motherduck/transport.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

function delay(method: Method, last: AttemptOutcome, { attempts = 1, elapsed = 0, random = 0.5 } = {}) {
  return retryDelay({ method, attempts, last, elapsedMs: elapsed }, NOW, random);
}

function broken(code: string): AttemptOutcome {
  return { error: Object.assign(new Error(code), { code }) };
}

describe('whether a call is repeated', () => {
  it.each([429, 500, 502, 503, 504])('after %i, when it is safe to repeat', (status) => {
    for (const method of ['GET', 'PUT', 'DELETE'] as const) expect(delay(method, { status })).toBeGreaterThan(0);
  });

  it.each([301, 400, 401, 403, 404, 409, 501])('not after %i', (status) => {
    expect(delay('GET', { status })).toBeUndefined();
  });

  it('a POST only after 429', () => {
    expect(delay('POST', { status: 429 })).toBeGreaterThan(0);
    for (const status of [500, 502, 503, 504]) expect(delay('POST', { status })).toBeUndefined();
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'TIMEOUT']) expect(delay('POST', broken(code))).toBeUndefined();
  });

  it('a POST too if a proxy opened no tunnel for it, and may do so later', () => {
    const at = (problem: number | string) => delay('POST', { error: new ProxyError(problem) });
    for (const problem of [502, 503, 504, 'ECONNREFUSED', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'])
      expect(at(problem)).toBeGreaterThan(0);
    for (const problem of [407, 403, 405, 302, 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'EPROTO', ''])
      expect(at(problem)).toBeUndefined();
  });

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
  ])('after %s, which is transient', (code) => expect(delay('GET', broken(code))).toBeGreaterThan(0));

  it.each([
    'ENOTFOUND',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'TOO_BIG',
    'CLOSED',
    'HPE_INVALID_CONSTANT',
    '',
  ])('not after %s, which is not transient', (code) => expect(delay('GET', broken(code))).toBeUndefined());

  it('four times, eight times after 429s, once after a timeout', () => {
    expect(delay('GET', { status: 503 }, { attempts: 4 })).toBeDefined();
    expect(delay('GET', { status: 503 }, { attempts: 5 })).toBeUndefined();
    expect(delay('GET', { status: 429 }, { attempts: 8 })).toBeDefined();
    expect(delay('GET', { status: 429 }, { attempts: 9 })).toBeUndefined();
    for (const code of ['TIMEOUT', 'NO_CONNECTION', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']) {
      expect(delay('GET', broken(code), { attempts: 1 })).toBeDefined();
      expect(delay('GET', broken(code), { attempts: 2 })).toBeUndefined();
    }
  });

  it('not later than 90 s after the first attempt', () => {
    expect(delay('GET', { status: 429, retryAfter: '10' }, { elapsed: 79_000 })).toBeDefined();
    expect(delay('GET', { status: 429, retryAfter: '10' }, { elapsed: 81_000 })).toBeUndefined();
  });
});

describe('how long it waits', () => {
  it('doubles, with half of it random', () => {
    const at = (attempts: number, random: number) => delay('GET', { status: 503 }, { attempts, random });
    expect([1, 2, 3, 4].map((attempts) => at(attempts, 1))).toEqual([300, 600, 1200, 2400]);
    expect([1, 2, 3, 4].map((attempts) => at(attempts, 0))).toEqual([150, 300, 600, 1200]);
    expect(delay('GET', { status: 429 }, { attempts: 8, random: 1 })).toBe(8000);
  });

  it.each([
    ['2', 2000],
    [' 7 ', 7000],
    ['3600', 30_000],
    [new Date(NOW + 5000).toUTCString(), 5000],
    [new Date(NOW + 5_000_000).toUTCString(), 30_000],
  ])('follows Retry-After: %s', (retryAfter, ms) => {
    expect(delay('POST', { status: 429, retryAfter }, { random: 0 })).toBe(ms);
  });

  it.each(['0', '-5', 'soon', '', '1e9', new Date(NOW - 5000).toUTCString()])(
    'ignores an invalid Retry-After: %j',
    (retryAfter) => {
      expect(delay('GET', { status: 503, retryAfter }, { random: 1 })).toBe(300);
    },
  );
});
