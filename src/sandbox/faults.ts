import type { Answer } from './responses.ts';
import { fault, refusal } from './responses.ts';

/**
 * The trouble that `--fail` makes. `reset_after` and `html_502` come after the request has taken effect: a POST of which
 * the answer was lost is what a client must get right.
 */
export const FAULTS = ['reset_before', 'reset_after', 'error_500', 'html_502', 'html_503'] as const;
export type ServerFault = (typeof FAULTS)[number];

export function takesEffect(trouble: ServerFault): boolean {
  return trouble === 'reset_after' || trouble === 'html_502';
}

/** Chooses a fault in `rate` of all cases. */
export function chooseFault(rate: number, random: () => number): ServerFault | undefined {
  return random() < rate ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
}

/** What the client gets; undefined when its connection is reset. */
export function faultAnswer(trouble: ServerFault): Answer | undefined {
  switch (trouble) {
    case 'error_500':
      return withLength(refusal(fault('INTERNAL_SERVER_ERROR', 'Internal server error'), 'sandbox.fault'));
    case 'html_502':
      return proxyPage(502, 'Bad Gateway');
    case 'html_503':
      return proxyPage(503, 'Service Unavailable');
    default:
      return undefined;
  }
}

export function tooMany(retryAfter: number): Answer {
  return withLength(refusal(fault('TOO_MANY_REQUESTS', 'Too many requests'), 'sandbox.rateLimit'), {
    'retry-after': String(retryAfter),
  });
}

function proxyPage(status: number, title: string): Answer {
  const text = `<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`;
  return withLength({ status, type: 'text/html; charset=utf-8', text });
}

function withLength(answer: Answer, more: Record<string, string> = {}): Answer {
  const length = String(Buffer.byteLength(answer.text));
  return { ...answer, headers: { 'content-length': length, 'x-sandbox': 'motherduck-accounts', ...more } };
}

/** A small generator of random numbers with a seed (mulberry32), so that a rehearsal can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
