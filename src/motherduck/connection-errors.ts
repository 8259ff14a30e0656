/** Explains why a connection failed, and what to do. Pure. */

import { SLOW_SIZES } from '../model/ducklings.ts';
import { enumerated } from '../model/wording.ts';
import {
  type About,
  type ConnectionFailure,
  describeLimit,
  forAccount,
  forMachine,
  forService,
  forToken,
  testAgain,
  WITHOUT_SMOKE,
} from './connection-failure.ts';
import type { ProbeFailure } from './probe-process.ts';
import { withoutStatement } from './scrub.ts';

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
