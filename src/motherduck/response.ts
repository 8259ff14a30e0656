import type { ErrorCode } from '../model/user-error.ts';
import type { Printable } from './scrub.ts';
import { ApiError, type ApiFailure, MAY_HAVE_HAPPENED } from './transport-errors.ts';

/** A whole answer but for its text, and what is needed to speak of it. */
export interface Answered {
  readonly call: string;
  /** The address's origin, for people. */
  readonly origin: string;
  readonly status: number;
  readonly contentType: string;
  readonly attempts: number;
  readonly isRead: boolean;
  /** Whether an earlier attempt of the same call may have taken effect. */
  readonly uncertain: boolean;
  readonly printable: Printable;
  /** The environment variable that the admin token came from. */
  readonly tokenSource: string;
  /** What is wrong with the admin token, by what it says of itself. */
  readonly tokenTrouble: () => string | undefined;
}

/** Gives the JSON of a good answer (undefined for an empty one), and throws ApiError for every other answer. */
export function readAnswer(answer: Answered, text: string): unknown {
  const { status } = answer;
  const body = text.trim() === '' ? undefined : parse(text);
  if (status >= 200 && status < 300) {
    if (body === BROKEN) throw notMotherDuck(answer, 'what came is not JSON');
    return body;
  }
  if (status >= 500) throw refused(answer, body, UNAVAILABLE);
  if (status === 429) throw refused(answer, body, THROTTLED);
  if (status < 400) throw notMotherDuck(answer, `it redirects (${status}), which MotherDuck's API does not`);
  if (body === BROKEN && (looksLikeHtml(answer, text) || ![401, 403].includes(status))) {
    throw notMotherDuck(answer, `${status} without the error that MotherDuck's API would send`);
  }
  if (status === 404 && codeOf(body) !== 'NOT_FOUND') {
    throw notMotherDuck(answer, "404 without MotherDuck's code NOT_FOUND: the path is not known there");
  }
  throw refused(answer, body, REFUSALS.get(status) ?? INVALID);
}

/** Whether an answer looks like MotherDuck's own: a JSON object, and for an error one with a message and a code. */
export function looksLikeMotherDuck(status: number, text: string): boolean {
  const body = parse(text);
  return status >= 200 && status < 300 ? isObject(body) : status >= 400 && isErrorBody(body);
}

/**
 * Something else than MotherDuck's API answered, or MotherDuck's API has changed. Never quotes the body. Whatever its
 * status, it says nothing of what happened behind it.
 */
export function notMotherDuck(answer: Answered, what: string): ApiError {
  const effect = effectOf(answer, true);
  return new ApiError(
    'not_motherduck',
    'API_NOT_MOTHERDUCK',
    `${answer.call}: something else than MotherDuck's API answered at ${answer.origin}: ${what}`,
    withDoubt('Is MOTHERDUCK_API_URL / --api-url right, or is a proxy in between?', effect),
    { call: answer.call, status: answer.status, effect },
  );
}

/** `unknown` when the call changes something and either this answer or an earlier attempt leaves it open whether it did. */
export function effectOf(answer: Pick<Answered, 'isRead' | 'uncertain'>, open: boolean): 'none' | 'unknown' {
  return !answer.isRead && (open || answer.uncertain) ? 'unknown' : 'none';
}

interface Refusal {
  readonly failure: ApiFailure;
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: (answer: Answered) => string;
}

const INVALID: Refusal = {
  failure: 'invalid',
  code: 'API_FAILED',
  what: 'MotherDuck refused the request',
  hint: () => "Change what MotherDuck's message names; your organization's plan can set lower limits than the API.",
};
const THROTTLED: Refusal = {
  failure: 'throttled',
  code: 'API_FAILED',
  what: 'MotherDuck has had too many requests',
  hint: () => 'Wait a minute and run it again, with a lower --parallelism.',
};
const UNAVAILABLE: Refusal = {
  failure: 'unavailable',
  code: 'API_FAILED',
  what: 'MotherDuck, or a proxy before it, could not answer',
  hint: () => 'Wait a little and run it again.',
};
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [401, { failure: 'unauthorized', code: 'TOKEN_REFUSED', what: 'the admin token was refused', hint: whichToken }],
  [403, { failure: 'forbidden', code: 'NOT_ADMIN', what: 'the admin token may not do this', hint: whichToken }],
  [
    404,
    {
      failure: 'absent',
      code: 'API_FAILED',
      what: 'it does not exist',
      hint: () => 'It was deleted in the meantime, or has another name: the next plan shows what is there.',
    },
  ],
  [
    409,
    {
      failure: 'conflict',
      code: 'API_FAILED',
      what: 'it conflicts with what exists',
      hint: () => 'Something changed in the meantime, or the name is taken: the next plan shows what is there.',
    },
  ],
]);

/** Request timeout, client closed request: the work may have gone on, whatever the body says. */
const BROKEN_OFF: readonly number[] = [408, 499];

function whichToken({ tokenSource, tokenTrouble }: Answered): string {
  const trouble = tokenTrouble();
  const hint = `${tokenSource} must be a read/write token of an Admin`;
  const made = "MotherDuck's web page makes one, at Settings, Access Tokens; then: export";
  return `${hint}${trouble === undefined ? '' : `; ${trouble}`}. ${made} ${tokenSource}=…`;
}

function refused(answer: Answered, body: unknown, refusal: Refusal): ApiError {
  const tries = answer.attempts > 1 ? `, after ${answer.attempts} attempts` : '';
  const words = body === BROKEN ? '' : answer.printable(wordsOf(body));
  // Only MotherDuck's own refusal says that nothing happened; a 429 is trusted whoever sends it, as in retrying.
  const isRefusal = answer.status < 500 && !BROKEN_OFF.includes(answer.status) && isErrorBody(body);
  const closed = answer.status === 429 || isRefusal;
  const effect = effectOf(answer, !closed);
  return new ApiError(
    refusal.failure,
    refusal.code,
    `${answer.call}: ${refusal.what} (${answer.status}${tries})${words === '' ? '' : `: ${words}`}`,
    withDoubt(refusal.hint(answer), effect),
    { call: answer.call, status: answer.status, effect },
  );
}

function withDoubt(hint: string, effect: 'none' | 'unknown'): string {
  return effect === 'unknown' ? `${hint} ${MAY_HAVE_HAPPENED}` : hint;
}

const BROKEN = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error quotes the text, so it goes no further.
    return BROKEN;
  }
}

function looksLikeHtml({ contentType }: Answered, text: string): boolean {
  return contentType.toLowerCase().includes('html') || text.trimStart().startsWith('<');
}

function codeOf(body: unknown): unknown {
  return isObject(body) ? body.code : undefined;
}

/** `{message, code}` as MotherDuck sends it, its code a word in capitals (`BAD_REQUEST`); proxies send other shapes. */
function isErrorBody(body: unknown): boolean {
  return isObject(body) && typeof body.message === 'string' && /^[A-Z][A-Z_]*$/.test(String(body.code));
}

/** MotherDuck's own message and issues: `Bad input (username: must start with a letter; ttl: too small)`. */
function wordsOf(body: unknown): string {
  if (!isObject(body)) return '';
  const message = typeof body.message === 'string' ? body.message : '';
  const issues = (Array.isArray(body.issues) ? body.issues : []).slice(0, 10).flatMap((issue: unknown) => {
    if (!isObject(issue) || typeof issue.message !== 'string') return [];
    const path = Array.isArray(issue.path) ? issue.path.filter((part) => isName(part)).join('.') : '';
    return [{ path, text: issue.message }];
  });
  const [only] = issues;
  if (only !== undefined && issues.length === 1 && only.text === message) return labelled(only);
  const list = issues.map(labelled).join('; ');
  return message === '' || list === '' ? message + list : `${message} (${list})`;
}

function labelled({ path, text }: { path: string; text: string }): string {
  return path === '' ? text : `${path}: ${text}`;
}

function isName(part: unknown): boolean {
  return typeof part === 'string' || typeof part === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
