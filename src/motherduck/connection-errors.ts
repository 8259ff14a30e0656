/** Explains why a connection failed, and what to do. Pure. */

import { defined } from '../model/defined.ts';
import { type Size, SLOW_SIZES } from '../model/ducklings.ts';
import { entryName } from '../model/entry-name.ts';
import type { Seconds } from '../model/time.ts';
import type { TokenType } from '../model/tokens.ts';
import type { Hint } from '../model/user-error.ts';
import { enumerated } from '../model/wording.ts';
import type { ProbeFailure } from './probe-process.ts';
import { withoutStatement } from './scrub.ts';

/** A failure in words, with its scope. */
export interface ConnectionFailure {
  /**
   * What has to be fixed: this machine, or MotherDuck and the organization (with either, every connection fails), the token,
   * or the account.
   */
  readonly scope: 'machine' | 'service' | 'token' | 'account';
  /** It is not known whether only this account fails: when several accounts in a row fail like this, the cause is common. */
  readonly isDoubtful?: boolean;
  /** It may pass by itself within seconds. */
  readonly isMomentary?: boolean;
  readonly problem: { readonly message: string; readonly hint: Hint };
  /** What the hint says, without what to type in a smoke test. */
  readonly advice: string;
}

/** The time limit of one connection. */
export interface TimeLimit {
  readonly seconds: Seconds;
  /** The part of it in which a momentary failure is tried again; all of it unless given. */
  readonly connecting?: Seconds;
  /** `--timeout` sets it. */
  readonly isGiven: boolean;
  /** The configured size of the Duckling, by which the default is set. */
  readonly size?: Size;
}

/** The connection that a failure is about. */
export interface About {
  /** Absent for the connection of the Admin. */
  readonly account?: string;
  readonly type: TokenType;
  /** The key of the token; absent for a temporary token. */
  readonly token?: string;
  readonly limit?: TimeLimit;
  /** How often it was tried; once unless given. */
  readonly attempts?: number;
  /** The account's own query failed, after all else did not. */
  readonly isQuery?: boolean;
}

/** Explains the failure of a step of a probe. The message of an unknown error is DuckDB's text. */
export function explainConnection(failure: ProbeFailure, about: About): ConnectionFailure {
  const { text } = failure;
  switch (failure.kind) {
    case 'native':
      return forMachine(
        `DuckDB cannot be loaded on ${process.platform}-${process.arch}: ${text}`,
        'Install motherduck-accounts on this machine, with optional dependencies; do not copy it from another platform.',
        WITHOUT_SMOKE,
      );
    case 'refused':
      return forAccount(
        text,
        'Without a token, connecting would open a browser, so it was not tried.',
        testAgain(about),
        'Test again.',
      );
    case 'aborted':
      return forAccount(text, 'Test again.', testAgain(about));
    case 'time_limit':
      return explainTimeLimit(text, about);
    case 'crashed':
      return forAccount(
        `the process that connects crashed: ${text}`,
        'If it crashes again, report it with this message.',
        testAgain(about),
      );
    case 'sql':
      return (
        explainKnown(failure, about) ??
        forAccount(text, 'Fix the error in the message.', testAgain(about), 'Then test again.')
      );
  }
}

/** The same for the connection of the Admin, with which the query history and a state are read. */
export function explainForAdmin(failure: ProbeFailure): {
  readonly message: string;
  readonly hint: string;
  readonly isMomentary: boolean;
} {
  const { scope, problem, advice, isMomentary = false } = explainConnection(failure, { type: 'read_write' });
  if (scope === 'token') {
    return {
      message: `MotherDuck refused the admin token: ${failure.text}`,
      hint: 'Check that it is live, and a read/write token.',
      isMomentary: false,
    };
  }
  return { message: problem.message, hint: advice, isMomentary };
}

function explainKnown(failure: ProbeFailure, about: About): ConnectionFailure | undefined {
  const text = withoutStatement(failure.text);
  return KNOWN.find((known) => known.text.test(text))?.explain(failure, about);
}

function explainTimeLimit(text: string, about: About): ConnectionFailure {
  const { limit, isQuery } = about;
  if (isQuery && limit !== undefined) {
    const within = `the query had no result within ${describeLimit(limit)}, with all that came before it`;
    return forAccount(within, 'Let smoke.query ask for less, or use a longer --timeout.', testAgain(about));
  }
  const blocked = 'If it never connects, check for a firewall or proxy between this machine and MotherDuck.';
  const slow = `A start of ${enumerated(SLOW_SIZES)} can take minutes`;
  const isSlow = limit?.size !== undefined && SLOW_SIZES.includes(limit.size);
  const advice =
    limit?.isGiven && isSlow
      ? `A start of ${limit.size} can take minutes: leave out --timeout, or use a longer one.`
      : `${slow}: use a longer --timeout.`;
  const message = limit === undefined ? text : `no answer within ${describeLimit(limit)}`;
  return { ...forAccount(message, `${advice} ${blocked}`, testAgain(about)), isDoubtful: true };
}

/** `5 s (--timeout)`, `240 s (the default for mega)` */
function describeLimit({ seconds, isGiven, size }: TimeLimit): string {
  const isOfSize = size !== undefined && SLOW_SIZES.includes(size);
  return `${seconds} s (${isGiven ? '--timeout' : `the default${isOfSize ? ` for ${size}` : ''}`})`;
}

function testAgain({ account }: Pick<About, 'account'>): string[] {
  return ['smoke', ...(account === undefined ? [] : ['--only', account])];
}

const WITHOUT_SMOKE = { text: 'To apply without the smoke test.', command: ['apply', '--no-smoke'] };

/** @param again what a smoke test says after the advice, before the command */
function forAccount(message: string, advice: string, command?: readonly string[], again = ''): ConnectionFailure {
  const text = `${advice} ${again}`.trim();
  return { scope: 'account', problem: { message, hint: { text, ...defined({ command }) } }, advice };
}

function forMachine(message: string, text: string, otherwise?: Hint): ConnectionFailure {
  const hint = otherwise ? { ...otherwise, text: `${text} ${otherwise.text}` } : { text };
  return { scope: 'machine', problem: { message, hint }, advice: text };
}

function forService(message: string, text: string): ConnectionFailure {
  const hint = { ...WITHOUT_SMOKE, text: `${text} ${WITHOUT_SMOKE.text}` };
  return { scope: 'service', problem: { message, hint }, advice: text };
}

/** @param why after "the token": `has expired` @param advice before "Replace it." */
function forToken({ text }: ProbeFailure, why: string, about: About, advice = ''): ConnectionFailure {
  const { account = 'the user', token } = about;
  if (token !== undefined) {
    const message = `MotherDuck refused the token "${token}": it ${why}`;
    const hint = { text: `${advice} Replace it.`.trim(), command: ['rotate', entryName({ account, token })] };
    return { scope: 'token', problem: { message, hint }, advice };
  }
  const message = `MotherDuck refused a token that its API had just created: ${text}`;
  const unless = `If it is refused again, check in MotherDuck whether ${account} is active.`;
  const hint = { text: `Test again. ${unless}`, command: testAgain(about) };
  return { scope: 'token', problem: { message, hint }, advice: unless };
}

/** Said where such a variable breaks the connections of other programs, so that it is not suspected here. */
function aboutHost({ withheld }: ProbeFailure): string {
  return withheld === undefined
    ? ''
    : `${withheld} is set, which other programs connect to in place of MotherDuck; this connection was made without it. `;
}

/** The DuckDB that needs an extension: from the address of the download, or as the process that connected says. */
function buildOf({ text, duckdb }: ProbeFailure): { version?: string; platform?: string; folder: string } {
  const [, version = duckdb?.version, platform = duckdb?.platform] = /\/(v\d+\.\d+\.\d+)\/(\w+)\//.exec(text) ?? [];
  const folder = duckdb?.folder ?? `~/.duckdb/extensions/${version ?? 'v<version>'}/${platform ?? '<platform>'}`;
  return { ...(version && { version }), ...(platform && { platform }), folder };
}

/** `DuckDB 1.5.6 on linux_amd64` */
function describeBuild({ version, platform }: ReturnType<typeof buildOf>): string {
  const on = platform === undefined ? '' : ` on ${platform}`;
  return version === undefined ? `the same DuckDB${on}` : `DuckDB ${version.slice(1)}${on}`;
}

/** How to do without the two downloads. */
function offline(build: ReturnType<typeof buildOf>): string {
  return `Without network: copy both files of the extension to ${build.folder} from a machine that has connected with ${describeBuild(build)}, and set MOTHERDUCK_EXT_VERSION to their build.`;
}

/** Errors of DuckDB and its motherduck extension, by their text; the first match counts. "Seen" marks observed errors. */
const KNOWN: readonly {
  readonly text: RegExp;
  readonly explain: (failure: ProbeFailure, about: About) => ConnectionFailure;
}[] = [
  {
    text: /jwt is not in the form/i,
    explain: (failure, about) => forToken(failure, 'is malformed, so it is damaged or no token at all', about),
  },
  { text: /jwt is expired/i, explain: (failure, about) => forToken(failure, 'has expired', about) },
  {
    text: /invalid motherduck token/i,
    explain: (failure, about) =>
      forToken(failure, `was probably revoked (${failure.text})`, about, 'A plan shows whether the token is live.'),
  },
  {
    text: /not authenticated|motherduck token/i, // MotherDuck's documented text
    explain: (failure, about) =>
      forToken(failure, 'was revoked, has expired, or is damaged', about, 'A plan shows whether the token is live.'),
  },
  {
    // Often within an error that says UNAVAILABLE.
    text: /missing selected ALPN property/i,
    explain: () =>
      forMachine(
        'a proxy opens the TLS connection to MotherDuck, and does not pass on HTTP/2 (missing selected ALPN property)',
        "Have your network's administrators pass connections to *.motherduck.com through unopened; certificates do not help.",
        WITHOUT_SMOKE,
      ),
  },
  {
    text: /failed to download extension "?motherduck/i, // seen
    explain: (failure) => {
      const build = buildOf(failure);
      const host = /at URL "(\w+:\/\/[^/"]+)/.exec(failure.text)?.[1] ?? 'its extension server';
      const { through } = failure;
      const way = through === undefined ? '' : ` through ${through}`;
      const message = `DuckDB could not download its motherduck extension from ${host}${way} for ${describeBuild(build)}`;
      if (/HTTP (error )?404/i.test(failure.text)) {
        const advice = 'It is not there for this version and platform: use a platform that it is made for';
        return forMachine(message, `${advice}, such as Linux with glibc in place of musl (Alpine).`, WITHOUT_SMOKE);
      }
      const advice =
        through === undefined
          ? `Make ${host} reachable by plain HTTP; behind a proxy set HTTP_PROXY.`
          : `Ask the administrators of the proxy to allow ${host}, which is plain HTTP.`;
      return forMachine(message, `${advice} ${offline(build)}`, WITHOUT_SMOKE);
    },
  },
  {
    text: /motherduck extension is not available for this duckdb version|failed to download \S*extension_version/i,
    explain: (failure) => {
      const build = buildOf(failure);
      const host = /(http:\/\/[^/"\s]+)\/\S*extension_version/.exec(failure.text)?.[1] ?? 'http://api.motherduck.com';
      return forMachine(
        `the motherduck extension could not download its second part from MotherDuck for ${describeBuild(build)}: ${failure.text}`,
        `${aboutHost(failure)}Make ${host}/extension_version, and what it names, reachable by plain HTTP; HTTPS_PROXY does not hold for it. ${offline(build)}`,
        WITHOUT_SMOKE,
      );
    },
  },
  {
    text: /is not yet supported by motherduck/i,
    explain: ({ text, duckdb }) => {
      const latest = /latest supported version is v?(\d+(\.\d+)*)/i.exec(text)?.[1];
      const used = duckdb === undefined ? 'this version of DuckDB' : `DuckDB ${duckdb.version.slice(1)}`;
      return forMachine(
        `MotherDuck does not accept ${used} yet${latest ? `; the latest that it accepts is ${latest}` : ''}`,
        `Install motherduck-accounts with the version of @duckdb/node-api that it was made with; if it has that one, override it${latest ? ` with ${latest}` : ''}.`,
        WITHOUT_SMOKE,
      );
    },
  },
  {
    text: /reached the daily compute limit/i,
    explain: ({ text }) =>
      forService(
        `the organization has no compute left for today: ${text}`,
        "It is a limit of its plan: wait until tomorrow, or change the plan in MotherDuck's settings.",
      ),
  },
  {
    text: /could not connect to motherduck/i,
    explain: (failure, about) => ({
      ...forAccount(
        tried(failure.text, about),
        `${aboutHost(failure)}MotherDuck is down, or not reachable from here.`,
        testAgain(about),
        'Test again later.',
      ),
      isDoubtful: true,
      isMomentary: true,
    }),
  },
  {
    text: /\b(UNAVAILABLE|DEADLINE_EXCEEDED)\b/,
    explain: (failure, about) => ({
      ...forAccount(
        tried(failure.text, about),
        `${aboutHost(failure)}Usually it passes in a few minutes. If it stays, check for a firewall or proxy between this machine and MotherDuck.`,
        testAgain(about),
        'Test again.',
      ),
      isDoubtful: true,
      isMomentary: true,
    }),
  },
  {
    text: /can't find the home directory|failed to create directory.*\.duckdb|\.duckdb.*(read-only|permission denied)/i, // seen
    explain: ({ text }) =>
      forMachine(
        `DuckDB has no folder for its motherduck extension: ${text}`,
        'DuckDB keeps extensions (its extension_directory) in HOME/.duckdb: set HOME to an existing, writable folder, for example HOME=/tmp.',
      ),
  },
  {
    text: /disabled by configuration|disabled through configuration|configuration has been locked/i, // seen
    explain: ({ text }) =>
      forAccount(
        text,
        'smoke.query reaches no local file, loads no extension and changes no setting: query what the account sees at MotherDuck.',
      ),
  },
  {
    text: /attached in read-only mode/i, // seen in the sandbox, too
    explain: ({ text }, about) =>
      forAccount(
        text,
        about.type === 'read_scaling'
          ? `A read scaling token is read-only: let smoke.query read, or give ${about.account} a read/write token, which then runs it.`
          : about.account === undefined
            ? 'A share is read-only: name a database that the admin owns.'
            : 'A share is read-only: let smoke.query read, or name a database that the account owns.',
      ),
  },
  {
    text: /read.?scaling/i, // any error that mentions it; the text is not documented
    explain: ({ text }, about) =>
      forAccount(
        text,
        about.type === 'read_scaling'
          ? `The read scaling tokens of ${about.account} work only after its first read/write connection: check whether that one succeeded, then test again in a minute.`
          : 'Check whether a read scaling token is used where a read/write token is expected.',
      ),
  },
  {
    text: /(database|share|schema)\b.*(not exist|found)/i, // the last is DuckDB's own, seen in the sandbox
    explain: ({ text }, about) =>
      forAccount(
        text,
        about.type === 'read_scaling'
          ? `A read scaling connection only sees databases that ${about.account} attached before: attach it in its setup, or correct smoke.query or smoke.database.`
          : about.account === undefined
            ? 'Check the name, and whether the admin owns the database or has attached its share.'
            : `Create the database as ${about.account}, attach its share, or correct smoke.database in the configuration.`,
      ),
  },
];

function tried(text: string, { attempts = 1, limit }: About): string {
  if (attempts < 2) return text;
  return `${text} (tried ${attempts} times${limit === undefined ? '' : ` within ${describeLimit(limit)}`})`;
}
