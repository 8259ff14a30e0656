/** What can go wrong with one call, and how long it stays so. */

/** `really` makes the call; `later` keeps an effect until after the run. */
export type FaultKind = (
  really: () => Promise<Response>,
  later: (act: () => Promise<unknown>) => void,
) => Promise<Response>;

const after = (answer: () => Response): FaultKind => {
  return async (really) => {
    await really();
    return answer();
  };
};
const before = (answer: () => Response): FaultKind => {
  return async () => answer();
};

const page = (status: number) => () =>
  new Response(`<html><body><h1>${status}</h1></body></html>`, { status, headers: { 'content-type': 'text/html' } });
const refusal = (status: number, code: string, headers: Record<string, string> = {}) => {
  return () => Response.json({ message: 'no', code, data: { code, httpStatus: status } }, { status, headers });
};
const unavailable = refusal(500, 'INTERNAL_SERVER_ERROR');
const forever = new Promise<Response>(() => {});
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const MEGABYTE = new Uint8Array(1024 * 1024).fill(32);

/** The answer, cut off in the middle. */
async function half(answer: Response): Promise<Response> {
  const text = await answer.text();
  return streamed(answer, async function* () {
    yield Buffer.from(text.slice(0, text.length / 2));
    throw Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
  });
}

function streamed(like: Response, chunks: () => AsyncGenerator<Uint8Array>): Response {
  const running = chunks();
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await running.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const headers = new Headers(like.headers);
  headers.delete('content-length');
  return new Response(body, { status: like.status, headers });
}

const oversized = () =>
  streamed(new Response(), async function* () {
    for (let sent = 0; sent < 17; sent += 1) yield MEGABYTE;
  });

/** Each ends an attempt at once without a good answer. Reads, changes and deletions are retried. */
export const RETRIED: Readonly<Record<string, FaultKind>> = {
  'reset before the effect': before(() => Response.error()),
  'reset after the effect': after(() => Response.error()),
  'reset, the effect comes after the run': async (really, later) => {
    later(really);
    return Response.error();
  },
  '429 without Retry-After': before(refusal(429, 'TOO_MANY_REQUESTS')),
  '429 with Retry-After': before(refusal(429, 'TOO_MANY_REQUESTS', { 'retry-after': '7' })),
  '500 before the effect': before(unavailable),
  '500 after the effect': after(unavailable),
  'HTML 502 after the effect': after(page(502)),
  'HTML 503 before the effect': before(page(503)),
  'HTML 504 after the effect': after(page(504)),
  'HTML 504, the effect comes after the run': async (really, later) => {
    later(really);
    return page(504)();
  },
  'body cut off, after the effect': async (really) => half(await really()),
  'body cut off, without the effect': async () => half(Response.json({ token: 'never heard of', username: 'x' })),
};

/** Each is an answer that is not retried. */
export const NOT_RETRIED: Readonly<Record<string, FaultKind>> = {
  'HTML 200 in place of the effect': before(page(200)),
  'HTML 200 after the effect': after(page(200)),
  'HTML 404': before(page(404)),
  '401': before(refusal(401, 'UNAUTHORIZED')),
  '403': before(refusal(403, 'FORBIDDEN')),
  'body of 17 MB, after the effect': after(oversized),
};

/** Each ends an attempt by the time limit. */
export const HANGS: Readonly<Record<string, FaultKind>> = {
  'hangs without the effect': () => forever,
  'hangs after the effect': async (really) => {
    await really();
    return forever;
  },
  'hangs in the middle of the body': async (really) => {
    const answer = await really();
    const text = await answer.text();
    return streamed(answer, async function* () {
      yield Buffer.from(text.slice(0, 10));
      await forever;
    });
  },
};

/** Each is a good answer that comes slowly. */
export const SLOW: Readonly<Record<string, FaultKind>> = {
  'an answer that takes its time': async (really) => {
    await pause(3);
    return really();
  },
  'an answer that takes its time after the effect': async (really) => {
    const answer = await really();
    await pause(3);
    return answer;
  },
  'a body that comes in drops': async (really) => {
    const answer = await really();
    const bytes = Buffer.from(await answer.text());
    return streamed(answer, async function* () {
      for (let at = 0; at < bytes.length; at += 200) {
        await pause(1);
        yield bytes.subarray(at, at + 200);
      }
    });
  },
};

/** `once`: that attempt alone. `again`: every attempt at the same call. `ever`: whatever is called from then on. */
export type Span = 'once' | 'again' | 'ever';

/** One kind of fault, from the call with the number `index` on. */
export class Fault {
  readonly kind: FaultKind;
  readonly span: Span;
  readonly index: number;
  /** The call that it hit first, as `POST /v1/users`; undefined: it was never reached. */
  hit: string | undefined;
  #seen = 0;

  constructor(kind: FaultKind, span: Span, index: number) {
    this.kind = kind;
    this.span = span;
    this.index = index;
  }

  hits(call: string): boolean {
    const number = this.#seen++;
    if (number < this.index) return false;
    if (number === this.index) this.hit = call;
    return number === this.index || this.span === 'ever' || (this.span === 'again' && call === this.hit);
  }
}
