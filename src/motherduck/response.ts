import { LITE_SERVICE_ACCOUNTS, POOL_SIZE, sizesThat } from '../model/ducklings.ts';
import { IN_WEB_UI } from '../model/hints.ts';
import type { ErrorCode } from '../model/user-error.ts';
import { DEFAULT_ADDRESS, isLoopback } from './address.ts';
import type { Printable } from './scrub.ts';
import { ApiError, type ApiFailure, checkWay, MAY_HAVE_TAKEN_EFFECT, type Network } from './transport-errors.ts';

/** A response without its body, and what an error about it says. */
export interface ResponseContext extends Network {
  readonly call: string;
  /** Where the request went, percent-encoded: `/v1/users`. */
  readonly path: string;
  /** The origin of the API address, for messages. */
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
  /** What is wrong with the admin token according to its claims; undefined if nothing is known. */
  readonly tokenProblem: () => string | undefined;
}

/**
 * Returns the JSON of a successful response, undefined if its body is empty.
 *
 * @throws ApiError for every other response
 */
export function readResponse(context: ResponseContext, text: string): unknown {
  const { status } = context;
  const body = text.trim() === '' ? undefined : parse(text);
  if (status >= 200 && status < 300) {
    if (body === NOT_JSON) throw notMotherDuck(context, 'it is not JSON');
    return body;
  }
  if (status >= 500) throw refused(context, body, UNAVAILABLE);
  if (status === 429) throw refused(context, body, THROTTLED);
  if (status < 400) throw notMotherDuck(context, `it redirects (${status}), which MotherDuck's API never does`);
  if (status === 404 && context.path === USERS_PATH && context.isRead && !looksLikeHtml(context, text)) {
    throw refused(context, body, NO_USERS_LIST);
  }
  if (body === NOT_JSON && (looksLikeHtml(context, text) || ![401, 403].includes(status))) {
    throw notMotherDuck(context, `status ${status} without an error in MotherDuck's format`);
  }
  if (status === 404 && bodyCode(body) !== 'NOT_FOUND') {
    throw notMotherDuck(context, 'status 404 without the code NOT_FOUND, so the path is unknown there');
  }
  throw refused(context, body, refusalOf(context, body));
}

/** Whether a response is in MotherDuck's format: a JSON object; for an error, with a message and a code. */
export function looksLikeMotherDuck(status: number, text: string): boolean {
  const body = parse(text);
  return status >= 200 && status < 300 ? isObject(body) : status >= 400 && isErrorBody(body);
}

/**
 * An error for a response that is not MotherDuck's, or that shows a changed API. The message never quotes the body.
 * Whether a request that changes something took effect is then unknown, whatever the status.
 *
 * @param what what is wrong with the response
 */
export function notMotherDuck(context: ResponseContext, what: string): ApiError {
  const effect = effectOf(context, true);
  return new ApiError(
    'not_motherduck',
    'API_NOT_MOTHERDUCK',
    `${context.call}: the response from ${context.origin} is not from MotherDuck's API: ${what}`,
    withDoubt(checkWay(context), effect),
    { call: context.call, status: context.status, effect },
  );
}

/** `unknown` if the request changes something and this response (`open`) or an earlier attempt does not show whether it did. */
export function effectOf(context: Pick<ResponseContext, 'isRead' | 'uncertain'>, open: boolean): 'none' | 'unknown' {
  return !context.isRead && (open || context.uncertain) ? 'unknown' : 'none';
}

interface Refusal {
  readonly failure: ApiFailure;
  readonly code: ErrorCode;
  readonly what: string;
  /** @param words MotherDuck's */
  readonly hint: (context: ResponseContext, words: string) => string;
}

const INVALID: Refusal = {
  failure: 'invalid',
  code: 'API_FAILED',
  what: 'MotherDuck refused the request',
  hint: (context) => {
    const fix = "Fix what MotherDuck's message names.";
    return context.isRead ? fix : `${fix} It may be a limit of your MotherDuck plan${limitsOn(context)}.`;
  },
};
const LIMITED: Refusal = {
  ...INVALID,
  hint: (context) =>
    `This is probably a limit of your MotherDuck plan${limitsOn(context)}. Keep to the limit in the configuration, or change the plan.`,
};
const CONFLICT: Refusal = {
  failure: 'conflict',
  code: 'API_FAILED',
  what: 'conflict with an existing resource',
  hint: ({ path, isRead }) =>
    path === USERS_PATH && !isRead
      ? 'A user already has that name. The next plan adopts it if it is a service account. If that plan creates it again, the user cannot be seen: choose another name.'
      : 'The name is taken, or something changed meanwhile. The next plan shows what is live.',
};
/** The list of users is new, and not in all regions yet. At a wrong address, the accounts are not MotherDuck's either. */
const NO_USERS_LIST: Refusal = {
  failure: 'not_motherduck',
  code: 'API_FAILED',
  what: 'this region of MotherDuck has no list of users yet',
  hint: ({ origin }) =>
    isLoopback(new URL(origin).hostname)
      ? 'Accounts are read one by one. The settings of the sandbox say so: users_list, in organization.json in its folder.'
      : `Accounts are read one by one. If your organization is in another region than ${origin}, give the API host of that region with --api-url.`,
};
const THROTTLED: Refusal = {
  failure: 'throttled',
  code: 'API_FAILED',
  what: 'MotherDuck received too many requests',
  hint: () => 'Wait a minute, then run the command again with a lower --parallelism.',
};
const UNAVAILABLE: Refusal = {
  failure: 'unavailable',
  code: 'API_FAILED',
  what: 'MotherDuck or a proxy in front of it is unavailable',
  hint: () => 'Wait a moment, then run the command again.',
};
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [401, { failure: 'unauthorized', code: 'TOKEN_REFUSED', what: 'the admin token was refused', hint: whichToken }],
  [402, LIMITED],
  [403, { failure: 'forbidden', code: 'NOT_ADMIN', what: 'the admin token lacks permission', hint: whichRole }],
  [
    404,
    {
      failure: 'absent',
      code: 'API_FAILED',
      what: 'not found',
      hint: () => 'It was deleted meanwhile or has another name. The next plan shows what is live.',
    },
  ],
  [409, CONFLICT],
]);

/**
 * What a refusal means. Where MotherDuck's texts are not known, its words decide only what is advised: a 400 for a taken
 * name, and a 403 for a limit of the plan.
 */
function refusalOf({ status, isRead }: ResponseContext, body: unknown): Refusal {
  const words = isErrorBody(body) && !isRead ? messageOf(body) : '';
  if (status === 400 && /unique constraint/i.test(words)) return CONFLICT;
  if (REFUSED_BY_PLAN.includes(status) && SPEAKS_OF_PLAN.test(words) && !SPEAKS_OF_ROLE.test(words)) return LIMITED;
  return REFUSALS.get(status) ?? INVALID;
}

const REFUSED_BY_PLAN: readonly number[] = [400, 402, 403];
const SPEAKS_OF_PLAN = /\b(plan|tier|limit(s|ed)?|quota|upgrade|billing|subscription|trial)\b/i;
const SPEAKS_OF_ROLE = /\b(roles?|admins?|privileges?|permissions?)\b/i;

/** What plans are known to limit of what a request changes, after a colon; empty where nothing is known. */
function limitsOn({ path }: ResponseContext): string {
  if (path === USERS_PATH) return `: the Lite plan has ${LITE_SERVICE_ACCOUNTS} service accounts`;
  if (!path.endsWith('/instances')) return '';
  const sizes = sizesThat(({ readScaling }) => readScaling).join(', ');
  return `: the Lite plan has ${sizesThat(({ lite }) => lite).join(', ')} Ducklings only, read scaling has ${sizes} unless MotherDuck's support enables more, and pools can have fewer Ducklings than ${POOL_SIZE.max}`;
}

const USERS_PATH = '/v1/users';

/** Request timeout and client closed request: whatever the body says, the request may have been completed. */
const INTERRUPTED_STATUSES: readonly number[] = [408, 499];

function whichToken({ tokenSource, tokenProblem, origin }: ResponseContext): string {
  if (!isVariable(tokenSource)) return OF_THE_SANDBOX;
  const problem = tokenProblem();
  const region =
    problem === undefined && origin === DEFAULT_ADDRESS
      ? ' If your organization is in a private region, give the API host of that region with --api-url.'
      : '';
  return `${mustBe(tokenSource, problem)}${region} ${howToCreate(tokenSource)}`;
}

const OF_THE_SANDBOX = "This is the sandbox's own admin token; organization.json in its folder says what it may do.";

/** The token of the embedded sandbox comes from none. */
function isVariable(tokenSource: string): boolean {
  return /^\w+$/.test(tokenSource);
}

function mustBe(tokenSource: string, problem: string | undefined): string {
  return `${tokenSource} must be a read/write token of an Admin${problem === undefined ? '' : `; ${problem}`}.`;
}

function howToCreate(tokenSource: string): string {
  return `Create one ${IN_WEB_UI}, then: export ${tokenSource}=…`;
}

/** All preset roles may list users, and everything else needs the highest one. */
function whichRole(context: ResponseContext, words: string): string {
  const { path, isRead, tokenSource, tokenProblem } = context;
  const problem = tokenProblem();
  if (problem !== undefined) return whichToken(context);
  if (path === USERS_PATH && isRead) {
    const user = isVariable(tokenSource) ? `the user of ${tokenSource}` : "the sandbox's Admin";
    return `The roles admin, builder and explorer may list users, so ${user} probably has a custom role: add the privilege member_management.view_all_members to it, or use a token of an Admin.`;
  }
  const doubt = words === '' || SPEAKS_OF_ROLE.test(words) ? '' : "Fix what MotherDuck's message names. ";
  if (!isVariable(tokenSource)) return doubt + OF_THE_SANDBOX;
  return `${doubt}${tokenSource} must be a read/write token of an Admin: that is the minimum role for this. ${howToCreate(tokenSource)}`;
}

function refused(context: ResponseContext, body: unknown, refusal: Refusal): ApiError {
  const tries = context.attempts > 1 ? `, after ${context.attempts} attempts` : '';
  const words = body === NOT_JSON ? '' : context.printable(messageOf(body)).replace(/\.$/, '');
  // Only an error in MotherDuck's format means that nothing happened; a 429 means that from any server, as for retries.
  const isRefusal = context.status < 500 && !INTERRUPTED_STATUSES.includes(context.status) && isErrorBody(body);
  const closed = context.status === 429 || isRefusal;
  const effect = effectOf(context, !closed);
  return new ApiError(
    refusal.failure,
    refusal.code,
    `${context.call}: ${refusal.what} (${context.status}${tries})${words === '' ? '' : `: ${words}`}`,
    withDoubt(refusal.hint(context, words), effect),
    { call: context.call, status: context.status, effect },
  );
}

function withDoubt(hint: string, effect: 'none' | 'unknown'): string {
  return effect === 'unknown' ? `${hint} ${MAY_HAVE_TAKEN_EFFECT}` : hint;
}

const NOT_JSON = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error is dropped, because it quotes the text.
    return NOT_JSON;
  }
}

function looksLikeHtml({ contentType }: ResponseContext, text: string): boolean {
  return contentType.toLowerCase().includes('html') || text.trimStart().startsWith('<');
}

function bodyCode(body: unknown): unknown {
  return isObject(body) ? body.code : undefined;
}

/** `{message, code}` as MotherDuck sends it, with a code such as `BAD_REQUEST`; proxies send other formats. */
function isErrorBody(body: unknown): boolean {
  return isObject(body) && typeof body.message === 'string' && /^[A-Z][A-Z_]*$/.test(String(body.code));
}

/** MotherDuck's own message and issues: `Bad input (username: must start with a letter; ttl: too small)`. */
function messageOf(body: unknown): string {
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
