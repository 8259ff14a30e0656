/** A token as MotherDuck lists it, which its API does not create. */
import { describe, expect, it } from 'vitest';
import type { LiveToken } from '../../src/model/live.ts';
import { chooseTokens } from '../../src/model/token-choice.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

function live(id: string, name: string, differs: Partial<LiveToken> = {}): LiveToken {
  return { id, name, type: 'read_write', createdAt: NOW - 1000, expiresAt: null, ...differs };
}

function choose(...tokens: readonly LiveToken[]) {
  const { chosen, skipped } = chooseTokens({ tokens, isSelected: () => true, managed: [], now: NOW });
  return {
    chosen: chosen.map(({ token, name }) => `${token.id} ${name}`),
    skipped: skipped.map(({ token, reason: { kind, ...details } }) =>
      [token.id, kind, ...Object.values(details)].join(' '),
    ),
  };
}

describe('of the live tokens', () => {
  it.each([
    ['', 'no_name'],
    ['  ', 'no_name'],
    ['MotherDuck Extension', 'reserved_name motherduck'],
    ['motherduck flights.2', 'reserved_name motherduck'],
    ['mdacc smoke', 'reserved_name smoke_test'],
    ['MDACC Smoke', 'reserved_name smoke_test'],
    ['mdacc smoke 1f', 'reserved_name smoke_test'],
    ['half \ud800', 'control_characters'],
    ['[secret 0f4c1a2b]', 'secret_name'],
    ['old [secret]', 'secret_name'],
  ])('"%s" is skipped: %s', (name, reason) => {
    expect(choose(live('a', name))).toEqual({ chosen: [], skipped: [`a ${reason}`] });
  });

  it('a token of a smoke test is recognized by its short lifetime, not by its name alone', () => {
    const left = live('a', 'mdacc smoke', { expiresAt: NOW + 60_000 });
    expect(choose(left)).toEqual({ chosen: [], skipped: ['a smoke_token'] });
  });

  it('the highest generation is chosen, although another one never expires', () => {
    const later = { expiresAt: NOW + 86_400_000 };
    expect(choose(live('a', 'app'), live('b', 'app.10', later), live('c', 'app.9'))).toEqual({
      chosen: ['b app'],
      skipped: ['a older_generation app.10', 'c older_generation app.10'],
    });
  });

  it('an expired token is not a newer generation', () => {
    const { chosen } = choose(live('a', 'app'), live('b', 'app.2', { expiresAt: NOW }));
    expect(chosen).toEqual(['a app']);
  });

  it('a generation of a generation belongs to the first one', () => {
    expect(choose(live('a', 'app.2.2'), live('b', 'app'))).toEqual({
      chosen: ['b app'],
      skipped: ['a managed_series app'],
    });
  });

  it('a number at the end of a name is not always a generation', () => {
    expect(choose(live('a', 'v1.0'), live('b', 'app.1'), live('c', '.2')).chosen).toEqual([
      'c .2',
      'a v1.0',
      'b app.1',
    ]);
  });
});
