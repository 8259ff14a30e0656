/** What a failed step means and what to do about it. Pure. */

import type { Hint } from '../model/hint.ts';
import type { TokenType } from '../model/tokens.ts';
import type { ProbeFailure } from '../motherduck/connect.ts';

export interface Explained {
  readonly said: { readonly message: string; readonly hint: Hint };
  /** What has to change: this machine (so every connection fails alike), this token, or something about the account. */
  readonly scope: 'machine' | 'token' | 'account';
}

interface About {
  readonly account: string;
  readonly type: TokenType;
  readonly token?: string;
}

/** Puts a failure into words. Unknown errors keep DuckDB's own. */
export function explain(failure: ProbeFailure, about: About): Explained {
  const again = `"mdacc smoke --only ${about.account}"`;
  switch (failure.kind) {
    case 'native':
      return {
        scope: 'machine',
        said: {
          message: `DuckDB cannot be loaded on ${process.platform}-${process.arch}: ${failure.text}`,
          hint: {
            text: 'Install motherduck-accounts again on this machine, with optional dependencies and not copied from another platform; "mdacc apply --no-smoke" goes without the test.',
          },
        },
      };
    case 'refused':
      return account(
        failure.text,
        `Without a token no connection is tried, since that would open a browser. Try ${again}.`,
      );
    case 'aborted':
      return account(failure.text, `Run ${again} to test it again.`);
    case 'time_limit':
      return account(
        failure.text,
        'A Duckling that has to start takes a while: try a longer --timeout. If it never connects, look for a firewall or proxy between here and MotherDuck.',
      );
    case 'crashed':
      return account(
        `the process that connects broke off: ${failure.text}`,
        `Run ${again}; when that breaks off too, report it with this message.`,
      );
    case 'sql':
      return (
        KNOWN.find((known) => known.text.test(failure.text))?.explain(failure.text, about) ?? unknown(failure, again)
      );
  }
}

function account(message: string, hint: string): Explained {
  return { scope: 'account', said: { message, hint: { text: hint } } };
}

function unknown(failure: ProbeFailure, again: string): Explained {
  return account(failure.text, `Mend what the message says, then run ${again}.`);
}

/** Errors of DuckDB and the extension, by their text; the first that fits counts. Those marked "seen" were met here. */
const KNOWN: readonly { readonly text: RegExp; readonly explain: (text: string, about: About) => Explained }[] = [
  {
    text: /not authenticated|motherduck token/i, // MotherDuck's documented text
    explain: (_, { account, token }) => ({
      scope: 'token',
      said:
        token === undefined
          ? {
              message: 'MotherDuck refused a token that its API had just made',
              hint: {
                text: `Run "mdacc smoke --only ${account}" again; when it stays so, look in MotherDuck whether ${account} is active.`,
              },
            }
          : {
              message: `MotherDuck refused the token "${token}": it was revoked, has expired, or is damaged`,
              hint: {
                text: `Run "mdacc plan" to see whether it is live, and "mdacc rotate ${account}/${token}" to replace it.`,
              },
            },
    }),
  },
  {
    text: /failed to download extension "?motherduck/i, // seen
    explain: (text) => {
      const host = /at URL "(\w+:\/\/[^/"]+)/.exec(text)?.[1] ?? 'its extension server';
      const version = /\/v(\d+\.\d+\.\d+)\//.exec(text)?.[1];
      const duckdb = version === undefined ? 'the same DuckDB version' : `DuckDB ${version}`;
      return {
        scope: 'machine',
        said: {
          message: `DuckDB could not download its motherduck extension from ${host}`,
          // Seen: for this download DuckDB 1.5.6 reads HTTP_PROXY, and neither HTTPS_PROXY nor the lower-case names.
          hint: {
            text: `Make ${host} reachable (behind a proxy set HTTP_PROXY: DuckDB does not use HTTPS_PROXY for this), or install it beforehand for this user with ${duckdb}: INSTALL motherduck. "mdacc apply --no-smoke" goes without the test.`,
          },
        },
      };
    },
  },
  {
    text: /can't find the home directory|failed to create directory.*\.duckdb|\.duckdb.*(read-only|permission denied)/i, // seen
    explain: (text) => ({
      scope: 'machine',
      said: {
        message: `DuckDB has no folder for its motherduck extension: ${text}`,
        hint: {
          text: 'DuckDB keeps extensions (its extension_directory) under HOME/.duckdb: set HOME to a folder that exists and can be written, for example HOME=/tmp.',
        },
      },
    }),
  },
  {
    text: /read.?scaling/i, // no public text is known: any error that speaks of it
    explain: (text, about) =>
      account(
        text,
        about.type === 'read_scaling'
          ? `MotherDuck needs one read/write connection of ${about.account} before its read scaling tokens work: see above whether that one connected, and try again in a minute.`
          : 'See whether a read scaling token stands where a read/write one is expected.',
      ),
  },
  {
    text: /(database|share|catalog \+ schema)\b.*(not exist|found)/i, // the last is DuckDB's own, seen in the sandbox
    explain: (text, about) =>
      account(
        text,
        about.type === 'read_scaling'
          ? `A read scaling connection sees only databases that ${about.account} attached before: create or attach it with a read/write token first, or correct smoke.database.`
          : `Create the database as ${about.account}, attach its share, or correct smoke.database in the configuration.`,
      ),
  },
];
