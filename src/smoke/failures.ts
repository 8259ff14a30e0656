/** Explains why a connection failed, and what to do. Pure. */

import { sizesThat } from '../model/ducklings.ts';
import { MINUTE } from '../model/time.ts';
import type { TokenType } from '../model/tokens.ts';
import type { Hint } from '../model/user-error.ts';
import { enumerated } from '../model/wording.ts';
import type { ProbeFailure } from '../motherduck/probe-process.ts';

/** A failure in words, with its scope. */
export interface Failure {
  /** What has to be fixed: this machine (then every connection fails), the token, or the account. */
  readonly scope: 'machine' | 'token' | 'account';
  readonly problem: { readonly message: string; readonly hint: Hint };
}

interface About {
  readonly account: string;
  readonly type: TokenType;
  /** The key of the token; absent for a temporary token. */
  readonly token?: string;
}

/** Sizes that take minutes to start. */
const SLOW_SIZES = sizesThat(({ startsIn }) => startsIn >= MINUTE);

/** Explains the failure of a step of a probe. The message of an unknown error is DuckDB's text. */
export function explain(failure: ProbeFailure, about: About): Failure {
  const { text } = failure;
  switch (failure.kind) {
    case 'native':
      return machineFailure(
        `DuckDB cannot be loaded on ${process.platform}-${process.arch}: ${text}`,
        'Install motherduck-accounts on this machine, with optional dependencies; do not copy it from another platform. To apply without the smoke test.',
        ['apply', '--no-smoke'],
      );
    case 'refused':
      return accountFailure(
        text,
        'Without a token, connecting would open a browser, so it was not tried. Test again.',
        testAgain(about),
      );
    case 'aborted':
      return accountFailure(text, 'Test again.', testAgain(about));
    case 'time_limit':
      return accountFailure(
        text,
        `A start of ${enumerated(SLOW_SIZES)} can take minutes: use a longer --timeout. If it never connects, check for a firewall or proxy between this machine and MotherDuck.`,
      );
    case 'crashed':
      return accountFailure(
        `the process that connects crashed: ${text}`,
        'If it crashes again, report it with this message.',
        testAgain(about),
      );
    case 'sql':
      return (
        KNOWN.find((known) => known.text.test(text))?.explain(text, about) ??
        accountFailure(text, 'Fix the error in the message, then test again.', testAgain(about))
      );
  }
}

function testAgain({ account }: Pick<About, 'account'>): string[] {
  return ['smoke', '--only', account];
}

function accountFailure(message: string, text: string, command?: readonly string[]): Failure {
  return { scope: 'account', problem: { message, hint: { text, ...(command ? { command } : {}) } } };
}

function machineFailure(message: string, text: string, command?: readonly string[]): Failure {
  return { scope: 'machine', problem: { message, hint: { text, ...(command ? { command } : {}) } } };
}

/** Errors of DuckDB and its motherduck extension, by their text; the first match counts. "Seen" marks observed errors. */
const KNOWN: readonly { readonly text: RegExp; readonly explain: (text: string, about: About) => Failure }[] = [
  {
    text: /not authenticated|motherduck token/i, // MotherDuck's documented text
    explain: (_, { account, token }) => ({
      scope: 'token',
      problem:
        token === undefined
          ? {
              message: 'MotherDuck refused a token that its API had just created',
              hint: {
                text: `Test again. If it is refused again, check in MotherDuck whether ${account} is active.`,
                command: testAgain({ account }),
              },
            }
          : {
              message: `MotherDuck refused the token "${token}": it was revoked, has expired, or is damaged`,
              hint: {
                text: 'A plan shows whether the token is live. Replace it.',
                command: ['rotate', `${account}/${token}`],
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
      return machineFailure(
        `DuckDB could not download its motherduck extension from ${host}`,
        `Make ${host} reachable (behind a proxy set HTTPS_PROXY or HTTP_PROXY), or run INSTALL motherduck as this user with ${duckdb}. To apply without the smoke test.`,
        ['apply', '--no-smoke'],
      );
    },
  },
  {
    text: /can't find the home directory|failed to create directory.*\.duckdb|\.duckdb.*(read-only|permission denied)/i, // seen
    explain: (text) =>
      machineFailure(
        `DuckDB has no folder for its motherduck extension: ${text}`,
        'DuckDB keeps extensions (its extension_directory) in HOME/.duckdb: set HOME to an existing, writable folder, for example HOME=/tmp.',
      ),
  },
  {
    text: /disabled by configuration|disabled through configuration|configuration has been locked/i, // seen
    explain: (text) =>
      accountFailure(
        text,
        'smoke.query reaches no local file, loads no extension and changes no setting: query what the account sees at MotherDuck.',
      ),
  },
  {
    text: /read.?scaling/i, // any error that mentions it; the text is not documented
    explain: (text, about) =>
      accountFailure(
        text,
        about.type === 'read_scaling'
          ? `The read scaling tokens of ${about.account} work only after its first read/write connection: check whether that one succeeded, then test again in a minute.`
          : 'Check whether a read scaling token is used where a read/write token is expected.',
      ),
  },
  {
    text: /(database|share|catalog \+ schema)\b.*(not exist|found)/i, // the last is DuckDB's own, seen in the sandbox
    explain: (text, about) =>
      accountFailure(
        text,
        about.type === 'read_scaling'
          ? `A read scaling connection only sees databases that ${about.account} attached before: create or attach it with a read/write token first, or correct smoke.database.`
          : `Create the database as ${about.account}, attach its share, or correct smoke.database in the configuration.`,
      ),
  },
];
