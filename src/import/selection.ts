/** Which live accounts and tokens an import covers: everything, or those that were named. */
import { defined } from '../model/defined.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';

/** What to import: everything, or accounts and tokens by the names that were typed or found in Terraform. */
export type Selection =
  /** `instead`: the command to type where users cannot be listed. */
  | { readonly what: 'all'; readonly instead?: readonly string[] }
  | {
      readonly what: 'some';
      readonly accounts: ReadonlyMap<string, SelectedAccount>;
      /** The names were found, not typed, so those that cannot be imported are skipped. By default, one of them refuses the whole import. */
      readonly isFound?: boolean;
    };

/** A command to import accounts by their names. */
export const IMPORT_NAMES: readonly string[] = ['import', 'ACCOUNT...'];

/** An account that was named, alone or for its tokens. */
export interface SelectedAccount {
  readonly username: string;
  /** Names or ids of live tokens; absent: all of them. */
  readonly tokens?: readonly string[];
  /** Whether the Ducklings of a new account are imported; absent: if its tokens are not named. */
  readonly ducklings?: boolean;
}

/** Whether the selection has the Ducklings of an account. */
export function selectsDucklings({ tokens, ducklings }: SelectedAccount): boolean {
  return ducklings ?? tokens === undefined;
}

/** Reads `--all`, or any number of `ACCOUNT` and `ACCOUNT/TOKEN`. @throws UserError USAGE */
export function parseSelection(names: readonly string[], all: boolean): Selection {
  if (all && names.length > 0) {
    throw new UserError('USAGE', '--all and names were both given', {
      text: 'Leave out --all, or the names to import everything.',
      command: ['import', '--all'],
    });
  }
  if (all) return { what: 'all' };
  if (names.length === 0) {
    const hint =
      'Name accounts or tokens (ACCOUNT or ACCOUNT/TOKEN, for example etl_prod/airflow), or import everything.';
    throw new UserError('USAGE', 'nothing to import was named', { text: hint, command: ['import', '--all'] });
  }
  const accounts = new Map<string, SelectedAccount>();
  for (const name of names) {
    // A token's name may contain slashes, a username cannot.
    const [, username = '', token] = /^([^/]*)(?:\/(.*))?$/s.exec(name) ?? [];
    if (username === '' || token === '') {
      throw new UserError('USAGE', `"${name}" names no account`, {
        text: 'Name ACCOUNT or ACCOUNT/TOKEN, as at MotherDuck. See what can be imported.',
        command: ['import', '--all', '--dry-run'],
      });
    }
    const before = accounts.get(accountKey(username));
    const tokens = token === undefined || (before && !before.tokens) ? undefined : [...(before?.tokens ?? []), token];
    accounts.set(accountKey(username), { username: before?.username ?? username, ...defined({ tokens }) });
  }
  return { what: 'some', accounts };
}
