/** What is shown of a name at MotherDuck that somebody took from a secret. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasJwtStart } from '../../src/model/jwt.ts';
import { isSecretName, nameShown } from '../../src/model/secret-name.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWTS = fc
  .record({ sub: fc.emailAddress(), signature: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
  .map(({ sub, signature }) =>
    [part({ alg: 'HS256' }), part({ sub }), Buffer.from(signature).toString('base64url')].join('.'),
  );

describe('a name at MotherDuck', () => {
  it('that has a secret in it is shown without it, with the beginning of its id', () => {
    fc.assert(
      fc.property(JWTS, fc.constantFrom('', 'old ', 'x'), (jwt, before) => {
        const shown = nameShown(`${before}${jwt}`, '0f4c1a2b-1111');
        for (const each of jwt.split('.')) expect(shown).not.toContain(each.slice(0, 12));
        expect(shown).toContain('[secret 0f4c1a2b]');
        expect(isSecretName(shown)).toBe(true);
        expect(isSecretName(nameShown(jwt, ''))).toBe(true);
      }),
    );
  });

  it('that a configuration takes is shown as it is', () => {
    const name = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('keyJournal', 'app.2', 'moneyJobs_2024', ''));
    fc.assert(
      fc.property(name, (text) => {
        fc.pre(!hasJwtStart(text) && !text.includes('[secret'));
        expect(nameShown(text, '0f4c1a2b-1111')).toBe(text);
        expect(isSecretName(text)).toBe(false);
      }),
    );
  });
});
