import { defined } from './defined.ts';
/** What to do next, as data: `report` turns it into text, and the command line adds the options that the user typed. */
export interface Hint {
  /** What to do, without the command: `Replace it now.` */
  readonly text: string;
  /** The command to type, as arguments after the program's name: `['rotate', 'etl_prod/airflow']`. */
  readonly command?: readonly string[];
  /** The command is the typed one with other options: its `apply` stands for `rotate etl_prod`, or for a saved plan. */
  readonly isAgain?: boolean;
}

/** A hint with a command. */
export interface CommandHint extends Hint {
  readonly command: readonly string[];
}

/** A hint from its text, or the hint itself. */
function toHint(hint: Hint | string): Hint {
  return typeof hint === 'string' ? { text: hint } : hint;
}

/** A location in one of the user's files. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A stable code of an error for scripts. A code never changes its meaning. */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'TOKEN_MISSING'
  | 'TOKEN_REFUSED'
  | 'NOT_ADMIN'
  | 'API_URL_INVALID'
  | 'PROXY_INVALID'
  | 'API_UNREACHABLE'
  | 'API_NOT_MOTHERDUCK'
  | 'API_FAILED'
  | 'CLOCK_DIFFERS'
  | 'ORGANIZATION_DIFFERS'
  | 'MANY_MISSING'
  | 'ACCOUNT_UNREADABLE'
  | 'ACCOUNT_UNUSABLE'
  | 'TOKEN_AMBIGUOUS'
  | 'TOKEN_LOST'
  | 'TOKEN_DIFFERS'
  | 'STATE_INVALID'
  | 'STATE_FOREIGN'
  | 'STATE_NEWER'
  | 'STATE_LOCKED'
  | 'STATE_UNWRITABLE'
  | 'STATE_UNREACHABLE'
  | 'STATE_LOST'
  | 'STATE_MOVED'
  | 'STORE_UNUSABLE'
  | 'STORE_FAILED'
  | 'STORE_FOREIGN'
  | 'GUARDRAIL'
  | 'PLAN_STALE'
  | 'PLAN_INVALID'
  | 'NOT_CONFIRMED'
  | 'IMPORT_REFUSED'
  | 'TERRAFORM_STATE_INVALID'
  | 'CONNECT_FAILED'
  | 'SETUP_FAILED'
  | 'SMOKE_FAILED'
  | 'USAGE_UNREADABLE'
  | 'FILE_EXISTS'
  | 'FILE_UNWRITABLE'
  | 'LINK_REFUSED'
  | 'INTERRUPTED'
  | 'SANDBOX_FAILED'
  | 'BUG';

/** An error that the user can fix: `message` says what happened, `hint` what to do. Never contains a secret. */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly hint: Hint;
  readonly location: Location | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    hint: Hint | string,
    options: { location?: Location; cause?: unknown } = {},
  ) {
    super(message, defined({ cause: options.cause }));
    this.name = 'UserError';
    this.code = code;
    this.hint = toHint(hint);
    this.location = options.location;
  }
}

/** Whether the state cannot be written any more, so that nothing else may be begun. */
export function isStateError(error: unknown): boolean {
  return error instanceof UserError && ['STATE_UNWRITABLE', 'STATE_UNREACHABLE', 'STATE_LOST'].includes(error.code);
}
