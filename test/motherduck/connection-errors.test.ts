import { describe, expect, it } from 'vitest';
import { explainConnection, explainForAdmin } from '../../src/motherduck/connection-errors.ts';
import type { ProbeFailure } from '../../src/motherduck/probe-process.ts';
import { hintText } from '../../src/report/hint.ts';
import { expectGolden } from '../golden/golden.ts';

const ABOUT = { account: 'etl_prod', type: 'read_write' } as const;
const KEYED = { ...ABOUT, token: 'airflow' };
const DUCKDB = {
  version: 'v1.5.6',
  platform: 'linux_amd64',
  folder: '/home/ann/.duckdb/extensions/v1.5.6/linux_amd64',
};

function sql(text: string, more: Partial<ProbeFailure> = {}): ProbeFailure {
  return { kind: 'sql', text, ...more };
}

function shown(failure: ProbeFailure, about: Parameters<typeof explainConnection>[1] = KEYED) {
  const { scope, isDoubtful = false, isMomentary = false, problem } = explainConnection(failure, about);
  return { scope, isDoubtful, isMomentary, message: problem.message, hint: problem.hint };
}

const NOT_AUTHENTICATED =
  'Invalid Error: Request failed: Your request is not authenticated. Please check your MotherDuck token.';

describe('a refused token', () => {
  it.each([
    [
      'malformed',
      `${NOT_AUTHENTICATED} (Jwt is not in the form of Header.Payload.Signature)`,
      /"airflow": it is malformed/,
    ],
    ['expired', `${NOT_AUTHENTICATED} (Jwt is expired)`, /"airflow": it has expired$/],
    [
      'revoked',
      "Invalid MotherDuck token (PERMISSION_DENIED, RPC 'CREATE_SLT')",
      /it was probably revoked \(.*CREATE_SLT/,
    ],
    ['refused otherwise', `${NOT_AUTHENTICATED} (401)`, /it was revoked, has expired, or is damaged$/],
  ])('%s: it is to be replaced', (_, text, message) => {
    expect(shown(sql(text))).toMatchObject({
      scope: 'token',
      isMomentary: false,
      message: expect.stringMatching(message),
      hint: { command: ['rotate', 'etl_prod/airflow'] },
    });
  });

  it('a temporary one, with what MotherDuck says', () => {
    expect(shown(sql(`${NOT_AUTHENTICATED} (Jwt is expired)`), ABOUT)).toMatchObject({
      scope: 'token',
      message: expect.stringMatching(/just created: .*Jwt is expired/),
      hint: { command: ['smoke', '--only', 'etl_prod'] },
    });
  });
});

describe('what every connection of the machine meets', () => {
  it('the loader of the extension, which DuckDB serves', () => {
    const text =
      'IO Error: Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/osx_arm64/motherduck.duckdb_extension.gz" (ERROR Could not establish connection)';
    const { scope, message, hint } = shown(sql(text, { withheld: 'MOTHERDUCK_HOST' }));
    expect([scope, hint.command]).toEqual(['machine', ['apply', '--no-smoke']]);
    expect(message).toMatch(/from http:\/\/extensions\.duckdb\.org for DuckDB 1\.5\.6 on osx_arm64$/);
    expect(hint.text).toMatch(/plain HTTP.*HTTP_PROXY.*extensions\/v1\.5\.6\/osx_arm64 .*MOTHERDUCK_EXT_VERSION/);
    expect(hint.text).not.toMatch(/MOTHERDUCK_HOST|HTTPS_PROXY/); // neither has a part in it
    expect(shown(sql(`${text.replace('ERROR', 'HTTP 404')}`)).hint.text).toMatch(/platform.*musl/);
  });

  it('the loader of the extension, behind a proxy that is used already', () => {
    const text =
      'IO Error: Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/linux_amd64/x.gz"';
    const { message, hint } = shown(sql(text, { through: 'the proxy proxy.example:8080 (HTTPS_PROXY)' }));
    expect(message).toContain('from http://extensions.duckdb.org through the proxy proxy.example:8080 (HTTPS_PROXY)');
    expect(hint.text).toContain('allow http://extensions.duckdb.org');
    expect(hint.text).not.toMatch(/set HTTP_PROXY/);
  });

  it.each([
    'Invalid Input Error: MotherDuck extension is not available for this DuckDB version',
    'IO Error: Failed to download http://api.motherduck.com/extension_version',
  ])('its implementation, which MotherDuck serves: %s', (text) => {
    const { scope, message, hint } = shown(sql(text, { duckdb: DUCKDB }));
    expect([scope, hint.command]).toEqual(['machine', ['apply', '--no-smoke']]);
    expect(message).toMatch(/from MotherDuck for DuckDB 1\.5\.6 on linux_amd64: /);
    expect(hint.text).toMatch(/http:\/\/api\.motherduck\.com\/extension_version.*plain HTTP; HTTPS_PROXY/);
    expect(hint.text).toContain(DUCKDB.folder);
    expect(hint.text).toContain('MOTHERDUCK_EXT_VERSION');
    expect(hint.text).not.toContain('MOTHERDUCK_HOST');
    expect(shown(sql(text, { duckdb: DUCKDB, withheld: 'motherduck_host' })).hint.text).toMatch(
      /motherduck_host .*\bwithout\b/,
    );
  });

  it('a DuckDB that is too new', () => {
    const text = 'DuckDB version v2.0.0 is not yet supported by MotherDuck. The latest supported version is v1.5.6';
    const { scope, message, hint } = shown(sql(text, { duckdb: { ...DUCKDB, version: 'v2.0.0' } }));
    expect(scope).toBe('machine');
    expect(message).toMatch(/DuckDB 2\.0\.0 yet; .* 1\.5\.6$/);
    expect(hint.text).toContain('@duckdb/node-api');
  });

  it('a proxy that opens TLS, even where it looks momentary', () => {
    const text = 'UNAVAILABLE: failed to connect to all addresses; last error: missing selected ALPN property';
    expect(shown(sql(text))).toMatchObject({
      scope: 'machine',
      isMomentary: false,
      message: expect.stringMatching(/proxy/),
    });
  });
});

it('the daily limit of the plan is that of all accounts', () => {
  expect(shown(sql("You've reached the daily compute limit for this plan"))).toMatchObject({
    scope: 'service',
    isMomentary: false,
    hint: { text: expect.stringMatching(/tomorrow/), command: ['apply', '--no-smoke'] },
  });
});

it.each([
  'Could not connect to MotherDuck. Please try again later',
  'IO Error: UNAVAILABLE: connection reset',
  "Request failed: Deadline Exceeded (DEADLINE_EXCEEDED, RPC 'GET_WELCOME_PACK')",
])('may pass by itself, and is not known to be the account\u2019s alone: %s', (text) => {
  expect(shown(sql(text))).toMatchObject({ scope: 'account', isDoubtful: true, isMomentary: true });
  const limit = { seconds: 240, isGiven: false, size: 'mega' } as const;
  expect(shown(sql(text), { ...KEYED, limit, attempts: 3 }).message).toBe(
    `${text} (tried 3 times within 240 s (the default for mega))`,
  );
  expect(shown(sql(text, { withheld: 'MOTHERDUCK_HOST' })).hint.text).toContain('MOTHERDUCK_HOST');
});

describe('what the account can do', () => {
  it('a write through read scaling', () => {
    const text = 'Invalid Input Error: Cannot execute statement on database "x" which is attached in read-only mode!';
    expect(shown(sql(text), { ...KEYED, type: 'read_scaling' })).toMatchObject({
      scope: 'account',
      hint: { text: expect.stringMatching(/read-only.*read\/write token/) },
    });
    expect(shown(sql(text)).hint.text).toMatch(/share/);
  });

  it.each(['read_write', 'read_scaling'] as const)('no such database: %s', (type) => {
    const { scope, hint } = shown(sql("Catalog Error: no database/share named 'x' found"), { ...KEYED, type });
    expect(scope).toBe('account');
    expect(hint.text).toMatch(type === 'read_write' ? /^Create the database/ : /attached before/);
  });

  it('is not taken from the statement that DuckDB quotes', () => {
    const text = "Catalog Error: Table with name x does not exist! LINE 1: SELECT 'UNAVAILABLE' FROM x ^";
    expect(shown(sql(text)).isMomentary).toBe(false);
  });
});

describe('no answer', () => {
  const late = { kind: 'time_limit', text: 'no answer within 5 s' } as const;
  it.each([
    [
      { seconds: 5, isGiven: true, size: 'mega' },
      'no answer within 5 s (--timeout)',
      /start of mega .*leave out --timeout/,
    ],
    [
      { seconds: 240, isGiven: false, size: 'mega' },
      'no answer within 240 s (the default for mega)',
      /longer --timeout/,
    ],
    [
      { seconds: 60, isGiven: false, size: 'pulse' },
      'no answer within 60 s (the default)',
      /mega and giga can take minutes/,
    ],
    [{ seconds: 60, isGiven: false }, 'no answer within 60 s (the default)', /firewall/],
  ] as const)('says which limit applied: %j', (limit, message, hint) => {
    expect(shown(late, { ...KEYED, limit })).toMatchObject({
      scope: 'account',
      isDoubtful: true,
      message,
      hint: { text: expect.stringMatching(hint) },
    });
  });
});

describe('in words', () => {
  it.each([
    ['malformed', `${NOT_AUTHENTICATED} (Jwt is not in the form of Header.Payload.Signature)`],
    ['expired', `${NOT_AUTHENTICATED} (Jwt is expired)`],
    ['revoked', "Invalid MotherDuck token (PERMISSION_DENIED, RPC 'CREATE_SLT')"],
    ['refused', NOT_AUTHENTICATED],
    ['read-only', 'Cannot execute statement of type "CREATE" on database "x" which is attached in read-only mode!'],
    ['no database', "Catalog Error: no database/share named 'x' found"],
    ['service down', 'Could not connect to MotherDuck. Please try again later'],
    ['momentary', 'IO Error: UNAVAILABLE: connection reset'],
    ['DuckDB too new', 'DuckDB v1.5.6 is not yet supported by MotherDuck. The latest supported version is v1.5.5'],
    ['compute limit', "You've reached the daily compute limit for this plan"],
    ['proxy with TLS', 'UNAVAILABLE: last error: missing selected ALPN property'],
    [
      'loader',
      'Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/linux_amd64/x.gz"',
    ],
    [
      'loader that is not there',
      'Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/linux_amd64_musl/x.gz" (HTTP 404)',
    ],
    ['implementation', 'MotherDuck extension is not available for this DuckDB version'],
    ['another', 'Some Error: nobody knows'],
  ])('%s', (name, text) => {
    const about = { ...KEYED, attempts: 3, limit: { seconds: 60, isGiven: false } };
    const read = explainConnection(sql(text, { duckdb: DUCKDB, withheld: 'MOTHERDUCK_HOST' }), about);
    const scope = `${read.scope}${read.isDoubtful ? ', doubtful' : ''}${read.isMomentary ? ', momentary' : ''}`;
    const shown = `(${scope}) ${read.problem.message}\n  ${hintText(read.problem.hint)}`;
    expectGolden('reports', `a connection fails > ${name}`, shown);
  });
});

it('has words for the connection of the Admin, which is of no account', () => {
  for (const text of ['Catalog Error: database "x" does not exist', 'attached in read-only mode']) {
    const { hint } = explainForAdmin(sql(text));
    expect(hint).not.toMatch(/smoke| ,|undefined/);
  }
});
