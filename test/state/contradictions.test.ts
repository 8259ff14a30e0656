/** A state that was edited so that apply would revoke a token in use: refused, with the line and what to do. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

type Entry = { generation: number; current: Record<string, unknown>; retiring: object[]; intents: object[] };
type Tokens = Record<string, Entry>;
type Accounts = Record<string, { tokens: Tokens }>;

const PAST = '2020-01-01T00:00:00.000Z';
const retiring = ({ id, name }: Record<string, unknown>) => ({
  id,
  name,
  expires_at: null,
  retire_at: PAST,
});
const stored = { store: 'local', secret_path: 's.env#X', at: PAST };

/** `own` and `other` are tokens of one account, `far` is one of another account. */
const EDITS: [string, (tokens: { own: Entry; other: Entry; far: Entry; all: Tokens }) => void, RegExp][] = [
  [
    "a replaced one is another key's current",
    ({ own, other }) => own.retiring.push(retiring(other.current)),
    /also the id/,
  ],
  ['a replaced one is its own current', ({ own }) => own.retiring.push(retiring(own.current)), /also the id/],
  [
    "a replaced one is another account's current",
    ({ own, far }) => own.retiring.push(retiring(far.current)),
    /also the id/,
  ],
  [
    'a replaced one is twice there',
    ({ own }) => own.retiring.push(...[1, 2].map(() => retiring({ id: 'x', name: 'y' }))),
    /also the id/,
  ],
  [
    'a key that is not configured has the current one of another',
    ({ own, all }) => (all.ghost = { ...own }),
    /also the id/,
  ],
  ['the current one is of another account', ({ own, far }) => (own.current.id = far.current.id), /also the id/],
  [
    'an intent is of another generation than its name',
    ({ own }) => own.intents.push({ name: 'app.5', generation: 1 + 1, at: PAST }),
    /more than/,
  ],
  [
    'an intent has a higher generation than the token',
    ({ own }) => own.intents.push({ name: 'app.5', generation: 5, at: PAST }),
    /more than/,
  ],
  [
    'a name is not of its generation',
    ({ own }) => Object.assign(own, { generation: 9, current: { ...own.current, generation: 9 } }),
    /not of generation 9/,
  ],
  ['the generation is below that of the current one', ({ own }) => (own.generation = 0), /more than the token's 0/],
  ['a generation is negative', ({ own }) => (own.generation = -1), /generation must be >= 0/],
  ['a generation is huge', ({ own }) => (own.generation = 999_999_999), /generation must be <= 999999/],
  ['a generation is no whole number', ({ own }) => (own.generation = 1.5), /integer/],
];

describe.each(EDITS)('%s', (_, edit, message) => {
  it('is refused, and nothing is revoked', async () => {
    const stage = await Stage.applied();
    const good = stage.read(STATE);
    const document = JSON.parse(good) as { accounts: Accounts };
    const [[, first], [, second]] = Object.entries(document.accounts) as [
      [string, { tokens: Tokens }],
      [string, { tokens: Tokens }],
    ];
    const [own] = Object.values(first.tokens);
    const [far] = Object.values(second.tokens);
    if (own === undefined || far === undefined) throw new Error('too few tokens');
    const other = structuredClone(own);
    other.current = { ...own.current, id: 'other', name: 'other', secret: stored };
    first.tokens.other = other;
    edit({ own, other, far, all: first.tokens });
    stage.write(STATE, JSON.stringify(document, null, 2));
    for (const command of ['plan --sandbox', 'apply --sandbox --yes --no-smoke']) {
      const { code, stderr } = await stage.run(command);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/not a valid state at line \d+/);
      expect(stderr).toMatch(/git checkout|Set it to 1 there/);
    }
    stage.write(STATE, good);
    expect(await stage.json('plan --sandbox')).toMatchObject({ document: { actions: [] } });
  });
});
