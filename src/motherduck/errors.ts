import { type ErrorCode, UserError } from '../model/user-error.ts';

/**
 * How a call to the REST API failed.
 * - `absent`: a 404 with MotherDuck's code NOT_FOUND; the only failure that says "it does not exist".
 * - `not_motherduck`: an unrouted 404, HTML, broken JSON, a body over the limit: something else answered, or
 *   MotherDuck answers with a word that this version does not know (code API_FAILED instead of API_NOT_MOTHERDUCK).
 * - `unavailable`: 5xx after all retries; `unreachable`: no connection; `timeout`: no answer in time.
 */
export type ApiFailure =
  | 'absent'
  | 'unauthorized'
  | 'forbidden'
  | 'invalid'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'unreachable'
  | 'timeout'
  | 'not_motherduck';

/** A failed call. `message` names the call and has MotherDuck's own message and issues; never a token. */
export class ApiError extends UserError {
  readonly failure: ApiFailure;
  /** For example `POST /v1/users/etl_prod/tokens`. */
  readonly call: string;
  readonly status: number | undefined;
  /** `unknown` when the call may have taken effect although no good answer came. */
  readonly effect: 'none' | 'unknown';

  constructor(
    failure: ApiFailure,
    code: ErrorCode,
    message: string,
    hint: string,
    about: { call: string; status?: number; effect: 'none' | 'unknown'; cause?: unknown },
  ) {
    super(code, message, hint, about.cause === undefined ? {} : { cause: about.cause });
    this.name = 'ApiError';
    this.failure = failure;
    this.call = about.call;
    this.status = about.status;
    this.effect = about.effect;
  }
}
