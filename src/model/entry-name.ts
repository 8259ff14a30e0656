/** The names that people type and read: `ACCOUNT`, or `ACCOUNT/TOKEN`. */

import { UserError } from './user-error.ts';

/** An account, or a token of it. */
export interface EntryName {
  readonly account: string;
  /** The token's key in the configuration. */
  readonly token?: string;
}

/** `etl_prod/airflow`, or `etl_prod`. */
export function entryName({
  account,
  token,
}: {
  readonly account: string;
  readonly token?: string | undefined;
}): string {
  return token === undefined ? account : `${account}/${token}`;
}

/** Reads a typed name, whose parts may be globs, or no valid names. @throws UserError USAGE: it has more than one slash */
export function parseEntryName(typed: string): EntryName {
  const [account = '', token, ...rest] = typed.split('/');
  if (rest.length > 0)
    throw new UserError('USAGE', `${typed} has more than one slash`, 'Write ACCOUNT or ACCOUNT/TOKEN.');
  return token === undefined ? { account } : { account, token };
}
