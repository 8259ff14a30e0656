import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { adminTokenClaims, adminTokenProblem, checkAdminToken } from '../../src/motherduck/admin-token.ts';
import { jwt } from './support.ts';

const NOW = Date.UTC(2026, 10, 24);
const trouble = (payload: object) => adminTokenProblem(new Secret(jwt(payload)), NOW);

describe('the claims of the admin token', () => {
  it.each([{ tokenType: 'read_scaling' }, { token_type: 'read_scaling' }, { readOnly: true }, { read_only: true }])(
    'a read scaling token: %j',
    (payload) => expect(trouble(payload)).toContain('read scaling'),
  );

  it('show that it has expired', () => {
    expect(trouble({ exp: NOW / 1000 - 1 })).toMatch(/\bexpired .*2026-11-23T23:59:59\.000Z$/);
  });

  it.each([{}, { exp: NOW / 1000 + 1 }, { exp: 'soon' }, { exp: -1e300 }, { exp: null }, { tokenType: 'read_write' }])(
    'nothing wrong: %j',
    (payload) => expect(trouble(payload)).toBeUndefined(),
  );

  it.each(['opaque', 'a.b.c', '..', 'a.bnVsbA.c', `a.${Buffer.from('[1]').toString('base64url')}.c`])(
    'nothing: %s',
    (text) => {
      expect(adminTokenProblem(new Secret(text), NOW)).toBeUndefined();
    },
  );

  it('show its user', () => {
    expect(adminTokenClaims(new Secret(jwt({ email: 'a@b.c', exp: 5, sub: 'u1' })))).toEqual(['a@b.c', 'u1']);
    expect(adminTokenClaims(new Secret('opaque'))).toEqual([]);
  });
});

it.each([`"${jwt({})}"`, `'${jwt({})}'`, `“${jwt({})}”`, `${jwt({})}"`])('a token in quotes is refused: %s', (text) => {
  const check = () => checkAdminToken(new Secret(text), 'MOTHERDUCK_TOKEN');
  expect(check).toThrow(/\bMOTHERDUCK_TOKEN\b.*\bquotes\b/);
  expect(check).not.toThrow(/eyJ/);
});

it.each(['', 'a b', 'abc\n', 'ä', '"\u0000"'])('a token that cannot be sent is refused: %j', (text) => {
  expect(() => checkAdminToken(new Secret(text), 'MOTHERDUCK_TOKEN')).toThrow(/MOTHERDUCK_TOKEN/);
});
