/** The values that apply where neither an option nor the environment sets one. */
import { type Size, sizeFacts } from './ducklings.ts';
import { DAY, type Seconds } from './time.ts';

/** The main file of the configuration. */
export const DEFAULT_CONFIG = 'motherduck.accounts.yaml';
/** The folder of the sandbox, beside the configuration. */
export const DEFAULT_SANDBOX = '.motherduck-sandbox';
/** The folder of the secrets, beside the configuration, and their file in a starter file. */
export const SECRETS_FOLDER = '.motherduck';
export const DEFAULT_SECRETS = `${SECRETS_FOLDER}/secrets.env`;
/** The name of the organization in a starter file. */
export const DEFAULT_ORGANIZATION = 'my_organization';
/** The maximum number of concurrent requests and connections. */
export const DEFAULT_PARALLELISM = 10;
/** The time limit of one attempt at a request. */
export const REQUEST_SECONDS: Seconds = 30;
/** The time limit of one connection, beside the start of its Duckling. */
export const CONNECT_SECONDS: Seconds = 60;
/** The time limit of the statements of a setup, beside that of its connection. */
export const SETUP_SECONDS: Seconds = 600;
/** The life that an admin token has left, below which it is time for a new one. */
export const ADMIN_TOKEN_SOON: Seconds = 14 * DAY;
/** After how much time without a query an account is idle. */
export const IDLE_AFTER: Seconds = 30 * DAY;

/** The time limit of one connection to a Duckling of a size; undefined: the size is not known. */
export function connectSeconds(size: Size | undefined): Seconds {
  return CONNECT_SECONDS + (size === undefined ? 0 : Math.round(sizeFacts(size).startsIn));
}

/** The table of a state of the kind `motherduck`. */
export const STATE_TABLE = 'motherduck_accounts_state';
