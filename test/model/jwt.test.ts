/** JWTs: what they claim, and that no output shows one. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isTypedCredential,
  isWrittenCredential,
  maskCredentials,
  maskLine,
  mayBeCredential,
} from '../../src/model/credential.ts';
import { claimsOf, hasJwt, hasJwtStart, hasSomeJwt, isJwt, replaceJwts } from '../../src/model/jwt.ts';
import { printableWithout } from '../../src/motherduck/scrub.ts';
import { scrubOutput } from '../../src/secrets/kinds/exec/scrub.ts';
import { EnvironmentVariables } from '../../src/yaml/environment.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const CLAIMS = fc.record({ email: fc.emailAddress(), tokenType: fc.constantFrom('read_write', 'read_scaling') });

/** What a signature is by chance, rarely: with the beginning of another JWT in it, or without digits. */
const CHANCES = fc.constantFrom<(signature: string) => string>(
  (signature) => signature,
  (signature) => `${signature.slice(0, 10)}eyJQMC6CA${signature.slice(19)}`,
  (signature) => signature.replace(/\d/g, 'x'),
);

/** JWTs with signatures of HS256, which look random whatever is signed. */
const JWTS = fc.record({ claims: CLAIMS, key: fc.string(), chance: CHANCES }).map(({ claims, key, chance }) => {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${chance(createHmac('sha256', key).update(signed).digest('base64url'))}`;
});

/** As people and programs write them; each is masked from its beginning, however much of it there is. */
const FORMS: readonly ((jwt: string) => string)[] = [
  (jwt) => jwt,
  ...['', 'x', '?>'].map((before) => (jwt: string) => Buffer.from(before + jwt).toString('base64')),
  (jwt) => Buffer.from(jwt).toString('hex'),
  (jwt) => Buffer.from(jwt).toString('hex').toUpperCase(),
];
const WRITTEN = fc
  .record({ jwt: JWTS, form: fc.constantFrom(...FORMS), length: fc.integer({ min: 18, max: 400 }) })
  .map(({ jwt, form, length }) => form(jwt).slice(0, length));

describe('a JWT', () => {
  it('is known by its form, and has claims', () => {
    fc.assert(
      fc.property(JWTS, CLAIMS, (jwt, claims) => {
        expect(isJwt(jwt)).toBe(true);
        expect(claimsOf(`a.${part(claims)}.b`)).toEqual(claims);
      }),
    );
    for (const text of ['', 'a', 'a.b', 'a.b.c.d', 'a.b c.d', '..']) expect(isJwt(text)).toBe(false);
    for (const text of ['', 'a', 'a.b.c', `a.${part('text')}.c`, `a.${part(null)}.c`]) {
      expect(claimsOf(text)).toBeUndefined();
    }
  });

  it.each<[string, (text: string) => string]>([
    ['a message', maskCredentials],
    ['a line of a file', (text) => maskLine(text)],
    ['the answer of a server', printableWithout('')],
    ['the output of a command', (text) => scrubOutput(text, { env: {} }).join('\n')],
  ])('is not shown in %s, nor a beginning of it, also encoded', (_where, shown) => {
    fc.assert(
      fc.property(WRITTEN, (jwt) => {
        const text = shown(`refused: ${jwt} was given`);
        expect(text).toMatch(/^refused: \S+ was given$/);
        expect(text).not.toContain(jwt.slice(0, 4));
        expect(text).not.toContain(jwt.slice(-4));
      }),
    );
  });

  it.each([
    ['a message', maskCredentials],
    ['the answer of a server', printableWithout('')],
  ])('whose JSON has spaces is not shown in %s', (_where, shown) => {
    fc.assert(
      fc.property(JWTS, (jwt) => {
        const spaced = jwt.replace(/[^.]+(?=\.)/g, (one) => {
          const json = Buffer.from(one, 'base64url').toString().replace('{', '{ ');
          return Buffer.from(json).toString('base64url');
        });
        for (const each of spaced.split('.')) expect(shown(`refused: ${spaced} was given`)).not.toContain(each);
      }),
    );
  });

  it('is no name of a configuration, nor a beginning of it, also encoded and after other letters', () => {
    fc.assert(
      fc.property(WRITTEN, fc.constantFrom('', 'x', 'key', 'a.'), (jwt, before) => {
        expect(isWrittenCredential(before + jwt)).toBe(true);
      }),
    );
  });

  it('is no value of a configuration, and no word of a command', () => {
    fc.assert(
      fc.property(JWTS, fc.integer({ min: 9, max: 400 }), (jwt, length) => {
        expect(new EnvironmentVariables({ NAME: `md:?x=${jwt}` }, ['NAME']).refusal('NAME')).toBe('token');
        expect(mayBeCredential(jwt.slice(0, length))).toBe(true);
        expect(isTypedCredential(`--only=${jwt.slice(0, length)}`)).toBe(true);
        expect(isTypedCredential(`-c${jwt}`)).toBe(true);
      }),
    );
  });
});

it('the full name of a table is shown', () => {
  const name = 'analytics_warehouse.reporting_schema.customer_dimension';
  expect(maskCredentials(name)).toBe(name);
});

describe('a JWT whose header begins with white space', () => {
  const spaced = fc
    .record({ jwt: JWTS, space: fc.constantFrom(' ', '\n', '\n  ', '\r\n  ', '\t', '\n\t') })
    .map(({ jwt, space }) => {
      const header = Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString();
      return jwt.replace(/^[^.]+/, Buffer.from(header.replace('{', `{${space}`)).toString('base64url'));
    });

  it('is not shown when it is cut, and no word of a command', () => {
    fc.assert(
      fc.property(spaced, fc.integer({ min: 18, max: 400 }), (jwt, length) => {
        const cut = jwt.slice(0, length);
        expect(maskCredentials(`refused: ${cut} was given`)).toBe(`refused: ${'*'.repeat(cut.length)} was given`);
        expect(hasSomeJwt(cut)).toBe(true);
        expect(isTypedCredential(`--token=${cut}`)).toBe(true);
      }),
    );
  });
});

describe('names with the letters that a JWT begins with', () => {
  const words =
    'file role sample upload update survey money key airline aid agent ago renew view ok new 2v5s leup news v5 id of';
  const WORD = fc.constantFrom(...words.split(' '));
  const spell = fc.constantFrom<(all: string[]) => string>(
    (all) => all.join('_'),
    (all) => all.join(''),
    (all) => all.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''),
    (all) => all.join('-').toUpperCase(),
  );

  it('are shown', () => {
    fc.assert(
      fc.property(fc.array(WORD, { maxLength: 12 }), spell, (all, spelled) => {
        const name = `2024 ${spelled(all)}.${spelled([...all].reverse())}`;
        expect(replaceJwts(name, () => '[secret]')).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });

  it('are names of a configuration, with the first three letters too', () => {
    const journal = fc.constantFrom('keyJournal', 'moneyJobs_2024', 'SurveyJson', 'heyJude', 'theyJoined');
    fc.assert(
      fc.property(fc.array(fc.oneof(WORD, journal), { maxLength: 12 }), spell, (all, spelled) => {
        expect(isWrittenCredential(spelled(all))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a long text', () => {
  /** Texts that have the beginnings of what is looked for at each of their characters, and never all of it. */
  const LONG = [
    'eyJ',
    'eyJa-',
    'xeyJ',
    'eyJaaaaaa.',
    '.eyJ',
    'ZXlK',
    '65794a',
    'a.',
    '-',
    'a',
    'GV5S',
    'hleUp',
    'eyA',
    'ewo',
    'aaaaaaaaaaaaaaaa.b.',
  ];

  it.each<[string, (text: string) => unknown]>([
    ['hasJwt', hasJwt],
    ['hasJwtStart', hasJwtStart],
    ['hasSomeJwt', hasSomeJwt],
    ['isJwt', isJwt],
    ['replaceJwts', (text) => replaceJwts(text, () => '')],
  ])('is searched by %s within seconds', (_name, search) => {
    const started = process.cpuUsage();
    for (const piece of LONG) search(`x${piece.repeat(100_000 / piece.length)}!`);
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
  });

  it('may have a JWT anywhere', () => {
    fc.assert(
      fc.property(JWTS, fc.constantFrom('', '-', 'a.', 'eyJ', 'eyJeyJaaaaaaa.', ' '), (jwt, before) => {
        expect(hasJwt(`${before}${jwt}`)).toBe(true);
        expect(hasJwt(jwt.split('.').slice(0, 2).join('.'))).toBe(false);
      }),
    );
  });
});
