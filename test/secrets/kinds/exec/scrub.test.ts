import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Secret } from '../../../../src/model/secret.ts';
import { scrubOutput } from '../../../../src/secrets/kinds/exec/scrub.ts';
import { marker, piecesIn, secret } from '../../example.ts';

const scrubbed = (output: string, secret?: Secret, names: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  scrubOutput(output, { secret, names, env });

const bytes = Buffer.from(marker);
const parts = marker.split('.');

describe('scrub', () => {
  it.each<[string, string]>([
    ['itself', marker],
    ['its parts', parts.join('\n')],
    ['a piece', marker.slice(20, 30)],
    ['base64', bytes.toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['base64 inside of more', Buffer.from(`user:${marker}`).toString('base64').slice(0, 30)],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['URL encoding', encodeURIComponent(marker)],
    ['quotes', `value="${marker}", '${marker}'`],
    ['upper case', marker.toUpperCase()],
    ['wrapped lines', marker.replace(/.{10}/g, '$&\r\n')],
    ['a character a line', [...marker].join('\n')],
    ['colours in between', marker.replace(/.{4}/g, '$&\u001b[31m')],
    ['NULs in between', [...marker].join('\0')],
    ['invisible characters in between', [...marker].join('\u200b')],
    ['a list of bytes, as Go prints it', `[${[...bytes].join(' ')}]`],
    ['the end of a list of bytes', `[${[...bytes.subarray(-12)].join(' ')}]`],
    ['a buffer in JSON', JSON.stringify(bytes.subarray(0, 60)).replace(/"[a-zA-Z]+"/g, '')],
    ['bytes of C', [...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')],
    ['bytes of C in lines', [...bytes].map((byte) => `0x${byte.toString(16)}`).join(',\n  ')],
    ['escapes', [...bytes].map((byte) => `\\x${byte.toString(16)}`).join('')],
    ['escapes of JSON', [...bytes].map((byte) => `\\u00${byte.toString(16)}`).join('')],
    ['octal escapes', [...bytes].map((byte) => `\\${byte.toString(8)}`).join('')],
    ['all in URL encoding', [...bytes].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')],
    ['hex with colons', [...bytes].map((byte) => byte.toString(16)).join(':')],
    ['character references', [...bytes].map((byte) => `&#${byte};`).join('')],
    [
      'words of two bytes',
      (Buffer.from(bytes.subarray(0, 60)).swap16().toString('hex').match(/.{4}/g) ?? []).join(' '),
    ],
  ])('leaves nothing of the secret: %s', (_, output) => {
    const text = scrubbed(`before ${output} after`, secret).join('\n');
    // A letter beside it may look like its next one.
    expect(text).toMatch(/^befor.*\[secret\].*fter$/s);
    expect(text.replaceAll('[secret]', '').replace(/[^A-Za-z0-9]/g, '').length).toBeLessThan(20);
    expect(piecesIn(text)).toEqual([]);
  });

  it('removes the secret wherever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        expect(piecesIn(scrubbed(before + marker + after, secret).join('\n'))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('removes everything that looks like another token', () => {
    const others = [
      'hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq1qY',
      'sk1234567890abcdef1234567890abcdef',
      `${'A'.repeat(20)}b1==`,
    ];
    for (const other of others) expect(scrubbed(`token: ${other}`)).toEqual(['token: [secret]']);
  });

  it('keeps words, paths and numbers', () => {
    const lines = [
      'Error making API request.',
      'URL: PUT https://vault.example.com:8200/v1/secret/data/motherduck/etl_prod/airflow',
      'Code: 403. Errors: * permission denied',
      '/usr/lib/python3/dist-packages/awscli/customizations/secretsmanager.py',
      'from 10.0.0.12 to 10.0.0.13 at 2026-11-30 03:21:46, 101 102 103 104 105 106 107 108 109 of 200 300 404',
    ];
    expect(scrubbed(lines.join('\n'), secret)).toEqual(lines);
  });

  it('returns the last lines, shortened and without control characters', () => {
    const lines = Array.from({ length: 20 }, (_, n) => `line\t${n}\u0007`).join('\r\n');
    expect(scrubbed(`\u001b]0;title\u0007${lines}\n\n`)).toEqual([
      'line 15',
      'line 16',
      'line 17',
      'line 18',
      'line 19',
    ]);
    expect(scrubbed('word '.repeat(1000))[0]?.length).toBeLessThan(310);
    expect(scrubbed(' \n\n')).toEqual([]);
  });

  it('removes the secrets in the environment', () => {
    const env = {
      HTTPS_PROXY: 'http://us:pr0xy%40PASSleak@proxy.example:3128',
      http_proxy: 'somebody:pin@proxy.example',
      VAULT_TOKEN: 'hvs.wordslikethese',
      ARM_CLIENT_SECRET: 'two words ~.=',
      PGPASSWORD: 'Hunter2',
      SSH_KEY: '-----BEGIN KEY-----\nfirstline\nsecondline\n-----END KEY-----',
      API_KEY: 'a+b/c d',
      KEY_FILE: '/home/me/.ssh/id_rsa',
      USE_TOKEN: '1',
      HAS_TOKEN: 'true',
      PATH: '/usr/bin:/bin',
    };
    const printed = [
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      'pr0xy@PASSleak',
      Buffer.from('us:pr0xy@PASSleak').toString('base64'),
      'signed in as us, somebody:pin',
      'secondline',
      'Hunter2, Hunter2x',
      encodeURIComponent('two words ~.='),
    ];
    const shown = printed.map((line) => scrubbed(line, undefined, [], env).join(' | '));
    expect(shown.join('\n')).not.toMatch(
      /\bus\b|leak|pin\b|somebody|wordslike|two|Hunter2\b|firstline|secondline|a\+b/,
    );
    expect(shown).toEqual(
      expect.arrayContaining([
        'KEY_FILE=/home/me/.ssh/id_rsa',
        'USE_TOKEN=1',
        'HAS_TOKEN=true',
        'PATH=/usr/bin:/bin',
        '[secret], Hunter2x',
      ]),
    );
  });

  it('removes what is a credential by its form, of whatever variable', () => {
    expect(scrubbed('proxy http://me:pw@proxy.example refused', undefined, [], {})).toEqual([
      'proxy http://[secret]@proxy.example refused',
    ]);
  });

  it('keeps the name that the command was told, and nothing that looks like one', () => {
    const name = 'MOTHERDUCK_TOKEN_tenant_00002__terraform-managed';
    const said = `failed to set secret "${name}": HTTP 422`;
    expect(scrubbed(said, secret, [name], {})).toEqual([said]);
    expect(scrubbed(`${said} (Bearer AbCdEfGh1jKlMnOpQrStUvWx)`, secret, [name], {}).join()).not.toContain('AbCd');
    expect(scrubbed(marker, secret, [name], {}).join()).not.toContain(marker.slice(20, 30));
    const around = [
      `no secret ${name}.`,
      `PUT https://api.example.com/repos/acme/secrets/${name}: 422`,
      `name=${name}`,
    ];
    for (const line of around) expect(scrubbed(line, secret, [name], {})).toEqual([line]);
    const token = 'AbCdEfGh1jKlMnOpQrStUvWxYz2';
    for (const line of [`${name}=${token}`, `https://${name}:hunter2@example.com`, token])
      expect(scrubbed(line, secret, [name, 'A', 'Kl'], {}).join()).not.toMatch(/jKlM|hunter2/);
  });
});
