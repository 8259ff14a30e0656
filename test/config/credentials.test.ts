/** A line that an error quotes may be one of a secrets file: it never shows a token or another credential. */
import { describe, expect, test } from 'vitest';
import { isCredentialName, maskLine } from '../../src/model/credential.ts';
import { BASE, expectText, findings, load, textOf } from './loading.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

describe('quoted lines', () => {
  test.each<[string, string]>([
    [`MOTHERDUCK_TOKEN_A: ${JWT}`, JWT],
    [`whatever: ${JWT}`, JWT],
    [`- ${JWT}`, JWT],
    ['	extraheader = AUTHORIZATION: basic eDphYmNkZWZnaGlqa2w=', 'eDphYmNkZWZnaGlqa2w='],
    ['url: https://ann:hunter2@example.com/x', 'hunter2'],
    ['x: ghp_0123456789abcdefghijABCDEFGHIJ012345', 'ghp_0123456789'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalr'],
    ['x: wJalrXUtnFEMI/K7MDENG/bPxRfiCY2AMPLEKEY', 'bPxRfiCY'],
    ['x: [5f4dcc3b5aa765d61d8327deb882cf99', '5f4dcc3b'],
    ['password: hunter2, or so', 'so'],
    ['password: "hunter2', 'hunter2'],
    ['{ user: ann, password: hunter2 }', 'hunter2'],
    ['{ a: 1, "api-key": \'hunter2, too\' }', 'too'],
    ['db_pwd: hunter2', 'hunter2'],
    ['passwords: [hunter1, hunter2]', 'hunter2'],
    ['password: {hunter2', 'hunter2'],
    ['auth: { user: ann, password: hunter2 }', 'hunter2'],
    ['dbPassword: hunter2', 'hunter2'],
  ])('%s', (line, secret) => {
    expect(line).toContain(secret);
    expect(maskLine(line)).not.toContain(secret);
    expect(maskLine(line)).toHaveLength(line.length);
  });

  test.each([
    'secret_stores: { local: { kind: file, path: secrets.env } }',
    '  pipeline: { type: read_write, ttl: 90d, secret_store: local }',
    '  etl_prod: { tokens: { airflow: pipeline }, smoke: false }',
    'token_policies:',
    '  token_service: { template: tenant }',
    '  Tenant_Acme_Corporation_2024_EU: { template: tenant }',
    '  tenant_5f4dcc3b5aa765d61d8327deb882cf99: { template: tenant }',
    'include: [accounts/very/long/path/to/the/Teams/2024/*.yaml]',
  ])('of a configuration are shown: %s', (line) => {
    expect(maskLine(line)).toBe(line);
  });

  test('a value below its key', () => {
    expect(maskLine('    MIIEv', '  private_key: |')).toBe('    *****');
    expect(maskLine('  a: pipeline', 'tokens:')).toBe('  a: pipeline');
  });
});

test('errors show no credential, wherever it stands', async () => {
  const secret = 's3cretvalue';
  const files = {
    'motherduck.accounts.yaml': `${BASE}include: [a.yaml]\naccounts:\n  abc: { tokens: { a: ${JWT} } }\n`,
    'a.yaml': `db_password: ${secret}\napi_key:\n  ${secret}: x\n${JWT}: 1\nfine: 1\n`,
  };
  const shown = textOf(await load(files)) + JSON.stringify(await load(files), ['diagnostics', 'message', 'hint']);
  expect(shown).not.toContain(secret);
  expect(shown).not.toMatch(/eyJ|c2lnbmF0dXJl/);
  await expectText('lines with credentials', files);
  const broken = { ...files, 'a.yaml': `key: [${secret}\n` };
  expect(textOf(await load(broken))).not.toContain(secret);
});

describe('variables whose names speak of a secret', () => {
  const yaml = (name: string) => `${BASE}accounts:\n  abc: { tokens: { a: app } }\nignore: ["\${${name}}"]\n`;

  test.each([
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'DB_PASSWORD',
    'PGPASSWORD',
    'db_passwd',
    'SSH_PRIVATE_KEY',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'BASIC_AUTH',
    'OAUTH_THING',
    'API_KEY',
    'APIKEY',
    'GITHUB_PAT',
    'SENTRY_DSN',
    ...`DB_PASS PGPASS SMTP_PASS VAULT_PASS ANSIBLE_VAULT_PASS AZURE_STORAGE_CONNECTION_STRING SAS AZURE_SAS CREDS SESSION
    PIN SIGNING NETRC KUBECONFIG TOK PW DB_PW DB_PWD DSN DATABASE_URL COOKIE JWT BEARER PAT STRIPE_SK PRIVATE CERT TLS_CERT
    dbPass SMTP_PASS_2 MYSQL_DSN OTP DBPW PASSCODE PEPPER HMAC MNEMONIC SENHA KENNWORT WIFI_PSK RECOVERY_PHRASE BACKUP_CODES MFA_CODE VAULT_UNSEAL KEYTAB SASL_PLAIN SLACK_HOOK VAULT_ROLE_ID APP_ENC DB_CRYPT BCRYPT`.split(
      /\s+/,
    ),
  ])('%s is refused, set or not, until it is allowed', async (name) => {
    expect(await findings(yaml(name), { [name]: 'value' })).toEqual([`variable-secret 10 \${${name}}`]);
    expect(await findings(yaml(name), {})).toEqual([`variable-secret 10 \${${name}}`]);
    const loaded = await load(yaml(name), { [name]: 'value' }, [name]);
    expect(loaded).toMatchObject({ ok: true, desired: { ignore: ['value'] } });
    expect(await load(yaml(name), { [name]: 'value' }, ['OTHER'])).toMatchObject({ ok: false });
  });

  test.each([
    ...'PASSENGERS COMPASS BYPASS MONKEY TURKEY PATHS ENCODING ROLE IDENTITY COMPAT FORMAT SASS_DIR PINNED CERTAIN SKU TOKYO'.split(
      ' ',
    ),
    'REGION',
    'TEAM',
    'PWD',
    'AUTHOR',
    'KEYCLOAK_REALM',
    'PATH',
    'ENVIRONMENT',
    'PATTERN',
    'HOME',
  ])('%s is not one of them', (name) => {
    expect(isCredentialName(name)).toBe(false);
  });

  test('a value that is certainly a credential is refused under any name, until it is allowed', async () => {
    for (const X of ['postgres://ann:hunter2@db/x', 'ghp_0123456789abcdefghijABCDEFGHIJ012345']) {
      expect(await findings(yaml('X'), { X })).toEqual(['variable-secret 10 ${X}']);
      expect(await load(yaml('X'), { X }, ['X'])).toMatchObject({ ok: true });
    }
  });

  test.each([
    'postgres://ann:hunter2@db/x',
    'ann:hunter2@db.example.com/x',
    'sk_live_abcdefgh',
    'sk_test_abcdefgh',
    'hvs.abcdefgh',
    'glpat-abcdefgh',
    'gho_abcdefgh',
    'github_pat_abcdefgh',
    'xoxb-abcdefgh',
    'AKIAABCDEFGHIJKLMNOP',
    'https://5f4dcc3b5aa765d61d8327deb882cf99@sentry.example.com/1',
    'DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=aGVsbG8=;EndpointSuffix=core.windows.net',
    'https://acme.blob.core.windows.net/x?sp=r&sig=abcdefghij',
    JWT,
    '5f4dcc3b5aa765d61d8327deb882cf99',
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCY2AMPLEKEY',
    'k3n9q8z7x1v5b2m4c6l0p9o8',
    '-----BEGIN CERTIFICATE-----\nMIIB',
    'Server=db;User=ann;Password=hunter2',
  ])('of any name are refused by their value, which is not shown: %s', async (X) => {
    expect(await findings(yaml('X'), { X })).toEqual(['variable-secret 10 ${X}']);
    const loaded = await load(yaml('X'), { X });
    expect(textOf(loaded)).not.toContain(X);
    if (X !== JWT) expect(textOf(loaded)).toContain('--allow-env X');
  });

  test.each([
    'eu-central-1',
    'Tenant_Acme_Corporation_2024_EU',
    '.motherduck/secrets.env',
    '0f4c2a1e-1b2c-4d5e-8f90-123456789abc',
    'ssh://git@github.com/acme/accounts.git',
    'https://vault.example.com:8200/v1/secret',
    '/home/runner/work/Accounts2/accounts/environments',
    'data-platform-production-eu-west-1-2026-11-29',
  ])('an ordinary value: %s', async (X) => {
    expect(await load(yaml('X'), { X })).toMatchObject({ ok: true });
  });

  test('a token of MotherDuck cannot be allowed', async () => {
    const env = { MOTHERDUCK_ADMIN_TOKEN: 'an-admin-token-of-no-shape', OTHER: 'an-admin-token-of-no-shape' };
    for (const name of ['MOTHERDUCK_ADMIN_TOKEN', 'OTHER', 'motherduck_token'])
      expect(await load(yaml(name), env, [name])).toMatchObject({ ok: false });
  });

  test('the error says how to allow it', async () => {
    await expectText('a variable that speaks of a secret', yaml('AWS_SECRET_ACCESS_KEY'), {
      AWS_SECRET_ACCESS_KEY: 's3cret',
    });
  });
});

describe('a credential that is written into a configuration', () => {
  const VAULT = 'hvs.CAESIJ8d2hTk4Lq0ZxV7bN1mWc3YrPfGsQ9';
  const main = (more: string) => `${BASE}accounts:\n  abc: { tokens: { a: app } }\n${more}\n`;
  const store = (fields: string) => main('').replace('secret_stores:', `secret_stores:\n  vault: { ${fields} }`);

  test.each<[string, string]>([
    ['a command', store(`kind: exec, command: [sh, store.sh, --token=${JWT}, '{account}', '{token}']`)],
    ['a script', store(`kind: exec, command: [sh, -c, "curl -H 'X: Bearer ${JWT}' {account} {token}"]`)],
    ['a token of Vault', store(`kind: exec, command: [put, '{account}', '{token}', --token=${VAULT}]`)],
    ['an address', store("kind: exec, command: [put, '{account}', '{token}', 'https://ann:hunter2@example.com/x']")],
    ['a check', store(`kind: exec, command: [put, '{account}', '{token}'], check: [vault, login, ${VAULT}]`)],
    [
      'a remove',
      store(`kind: exec, command: [put, '{account}', '{token}'], remove: [x, '{account}{token}', -t${JWT}]`),
    ],
    ['an input', store(`kind: exec, command: [put, '{account}', '{token}'], input: '${JWT} {secret}'`)],
    ['beside a variable', store(`kind: exec, command: [put, '{account}', '{token}', '\${REGION}/${VAULT}']`)],
    ['a path', store(`kind: file, path: '${JWT}/secrets.env', format: dotenv`)],
    ['a variable', store(`kind: file, path: secrets.env, format: dotenv, variable: 'A_{ACCOUNT}_{TOKEN}_${JWT}'`)],
    ['the name of a token', `${main('')}  efg: { tokens: { a: { policy: app, name: '${JWT}' } } }`],
    ['the key of a token', `${main('')}  efg: { tokens: { '${JWT}': app } }`],
    ['a username', `${main('')}  ${VAULT}: {}`],
    ['a query', `${main('')}  efg: { smoke: { query: "SELECT '${JWT}'" } }`],
  ])('%s is refused, and not shown', async (_where, text) => {
    const loaded = await load(text, { REGION: 'eu' });
    expect(loaded.ok ? [] : loaded.diagnostics.map(({ code }) => code)).toContain('credential');
    expect(textOf(loaded)).not.toMatch(/eyJ|c2lnbmF0dXJl|CAESI|hunter2/);
  });

  test('a placeholder, a variable or a name that begins like one is none', async () => {
    const words = [
      ...[
        'put',
        '{account}/{token}',
        'password={account}',
        '--token=${REGION}',
        '-u',
        'https://ann:${REGION}@example.com',
      ],
      ...[
        'https://{account}:{token}@example.com',
        'npm_downloads_daily',
        'hf_production_etl_2024',
        'keyJournal/prod.yaml',
      ],
      ...['Bearer authentication', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:motherduck/Prod2024'],
      'https://vault.example.com:8200/v1/secret/data/Team2024/motherduck@prod',
    ];
    const loaded = await load(store(`kind: exec, command: ${JSON.stringify(words)}`), { REGION: 'eu' });
    expect(textOf(loaded)).not.toContain('credential');
  });

  test('the error says what to do', async () => {
    await expectText(
      'a credential in a command',
      store(`kind: exec, command: [put, '{account}', '{token}', '${VAULT}']`),
    );
  });
});
