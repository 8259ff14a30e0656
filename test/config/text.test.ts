import { describe, expect, test } from 'vitest';
import { textWidth } from '../../src/model/text-width.ts';
import { diagnosticJson } from '../../src/yaml/diagnostic.ts';
import { renderDiagnostics } from '../../src/yaml/render.ts';
import { all, BASE, type Files, load, MAIN, textOf } from './loading.ts';

// What a person sees, to the letter.
const CASES: readonly [string, Files, string][] = [
  [
    'an unknown key',
    {
      [MAIN]: `${BASE}accounts:
  etl_prod:
    tokens: { airflow: app }
    ducklings:
      read_scaling:
        size: standard
        poolsize: 4
`,
    },
    `motherduck.accounts.yaml:14:9: unknown key "poolsize"
   14 |         poolsize: 4
      |         ^^^^^^^^
   did you mean "pool_size"?
`,
  ],
  [
    'an unknown policy',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app, b: ap } }\n` },
    `motherduck.accounts.yaml:9:36: unknown policy "ap"
    9 |   etl_prod: { tokens: { a: app, b: ap } }
      |                                    ^^
   did you mean "app"?
`,
  ],
  [
    'a wrong type',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: [app] }\n` },
    `motherduck.accounts.yaml:9:23: expected a mapping, found a list
    9 |   etl_prod: { tokens: [app] }
      |                       ^^^^^
`,
  ],
  [
    'a duration without a unit',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: { policy: app, ttl: 30 } } }\n` },
    `motherduck.accounts.yaml:9:48: expected a duration such as 90d (a whole number and s, m, h, d or w), or never, found the number 30
    9 |   etl_prod: { tokens: { a: { policy: app, ttl: 30 } } }
      |                                                ^^
   add the unit: s, m, h, d or w
`,
  ],
  [
    'accounts that differ in case',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app } }\n  ETL_prod:\n` },
    `motherduck.accounts.yaml:10:3: accounts "etl_prod" and "ETL_prod" differ only in case
   10 |   ETL_prod:
      |   ^^^^^^^^
   the first stands at motherduck.accounts.yaml:9:3
   MotherDuck takes them for one account: remove one, or give it another name
`,
  ],
  [
    'a name in two files',
    {
      [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app } }\ninclude: [b.yaml]\n`,
      'b.yaml': 'accounts:\n  etl_prod:\n',
    },
    `b.yaml:2:3: "etl_prod" is repeated under accounts
    2 |   etl_prod:
      |   ^^^^^^^^
   first defined at motherduck.accounts.yaml:9:3
   remove one, or give it another name
`,
  ],
  [
    'a missing variable, inside of its text',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app }, smoke: { query: "FROM $\${DB}.\${TABLE}" } }\n` },
    `motherduck.accounts.yaml:9:64: environment variable TABLE is not set
    9 |   etl_prod: { tokens: { a: app }, smoke: { query: "FROM $\${DB}.\${TABLE}" } }
      |                                                                ^^^^^^^^
   set TABLE, or write $\${TABLE} if the text itself is meant
`,
  ],
  [
    'a rotation that would never end',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: { policy: app, ttl: 7d } } }\n` },
    `motherduck.accounts.yaml:9:48: rotate_before "14d" is not less than ttl "7d": a new token would be replaced at once
    9 |   etl_prod: { tokens: { a: { policy: app, ttl: 7d } } }
      |                                                ^^
   make rotate_before shorter, or ttl longer
`,
  ],
  [
    'a name that MotherDuck does not take',
    { [MAIN]: `${BASE}accounts:\n  etl-prod: { tokens: { a: app } }\n` },
    `motherduck.accounts.yaml:9:3: "etl-prod" is not a valid name: expected 3 to 255 characters: a letter, then letters, digits and underscores
    9 |   etl-prod: { tokens: { a: app } }
      |   ^^^^^^^^
   "etl_prod" is valid
`,
  ],
  [
    'a tab',
    { [MAIN]: 'version: 1\norganization: acme\naccounts:\n\tetl_prod:\n' },
    `motherduck.accounts.yaml:4:1: tabs cannot indent YAML
    4 | \tetl_prod:
      | ^
   use spaces
`,
  ],
  [
    'a bracket that is not closed',
    {
      [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app }\n  etl_test: { tokens: { a: app } }\nignore: a: b\n`,
    },
    `motherduck.accounts.yaml:9:13: "{" on line 9 is not closed
    9 |   etl_prod: { tokens: { a: app }
      |             ^
   add "}"

motherduck.accounts.yaml:11:9: a mapping cannot begin in the middle of a line
   11 | ignore: a: b
      |         ^
   put the value in quotes if it holds a colon and a space, or move the mapping to its own lines
`,
  ],
  [
    'a bracket that another one closes',
    { [MAIN]: `${BASE}accounts: { etl_prod: { tokens: [x } } }\n` },
    `motherduck.accounts.yaml:8:33: "[" on line 8 is not closed
    8 | accounts: { etl_prod: { tokens: [x } } }
      |                                 ^
   add "]"
`,
  ],
  [
    'a tab and what follows from it',
    { [MAIN]: 'accounts:\n  abc:\n\t\ttokens: {}\n\t\tx: 1\n  d: 1\n\t- e\n' },
    `motherduck.accounts.yaml:3:1: tabs cannot indent YAML
    3 | \t\ttokens: {}
      | ^^
   use spaces
`,
  ],
  [
    'a tab between brackets',
    { [MAIN]: 'accounts: {\n\tabc: {\n\t\ttokens: {} }\n}\n' },
    `motherduck.accounts.yaml:2:1: tabs cannot indent YAML
    2 | \tabc: {
      | ^
   use spaces
`,
  ],
  [
    'an unquoted variable between braces',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { ducklings: { read_scaling: { pool_size: \${N} } } }\n` },
    `motherduck.accounts.yaml:9:56: \${N} cannot stand between { } or [ ] without quotes
    9 |   etl_prod: { ducklings: { read_scaling: { pool_size: \${N} } } }
      |                                                        ^
   write "\${N}"
`,
  ],
  [
    'a warning',
    {
      [MAIN]: `${BASE}duckling_pools:\n  small:\n    read_write: { size: pulse }\naccounts:\n  etl_prod: { tokens: { a: app } }\n`,
    },
    `motherduck.accounts.yaml:9:3: warning: pool "small" is not used
    9 |   small:
      |   ^^^^^
`,
  ],
];

test.each(CASES)('%s', async (_name, files, text) => {
  expect(textOf(await load(files))).toBe(text);
});

describe('the text of a diagnostic', () => {
  test('shows a piece of a long line, with the marker under it', async () => {
    const long = `${BASE}accounts: { etl_prod: { tokens: { a: app } }, ${' '.repeat(300)}x_y_z: { nope: 1 }, ${' '.repeat(300)} }\n`;
    const rows = textOf(await load(long)).split('\n');
    const column = rows[2]?.indexOf('^') ?? -1;
    expect(rows[1]?.slice(column, column + 4)).toBe('nope');
    expect(rows[1]?.length).toBeLessThan(140);
  });

  test('has the marker under characters that take two columns, and fits a terminal', async () => {
    const loaded = await load(
      `${BASE}accounts:\n  etl_prod: { tokens: { "東京": "大阪" }, nope: "${'京'.repeat(50)}" }\n`,
    );
    const [, line = '', marker = ''] = textOf(loaded).split('\n');
    expect(textWidth(line.slice(0, line.indexOf('"東京"')))).toBe(marker.indexOf('^'));
    const shown = renderDiagnostics(all(loaded), loaded.sources, undefined, 60).split('\n');
    const sources = shown.filter((row) => row.includes(' | '));
    expect(sources.length).toBeGreaterThan(2);
    for (const row of sources) expect(textWidth(row)).toBeLessThanOrEqual(60);
  });

  test('keeps tabs so that the marker lines up, and shows no control characters', async () => {
    const rows = textOf(await load(`${BASE}accounts: {\tetl_prod: {\tnope: "\u009b31m\u202e" } }\n`)).split('\n');
    expect(rows[2]).toBe('      |            \t           \t^^^^');
    expect(rows[1]).toBe('    8 | accounts: {\tetl_prod: {\tnope: "\ufffd31m\ufffd" } }');
  });

  test('has an empty line between two, and can be painted', async () => {
    const loaded = await load('version: 1\norganization: acme\none: 1\ntwo: 2\n');
    expect(textOf(loaded).split('\n\n')).toHaveLength(2);
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = { bold: mark('b'), red: mark('r'), yellow: mark('y'), dim: mark('d') };
    const text = renderDiagnostics(all(loaded), loaded.sources, paint);
    expect(text).toContain('<b>motherduck.accounts.yaml:3:1</b>: <b>unknown key "one"</b>');
    expect(text.replace(/<\/?[brydx]>/g, '')).toBe(textOf(loaded));
  });

  test('has a form for JSON', async () => {
    const [one] = all(await load(`${BASE}accounts:\n  etl_prod:\n  Etl_prod: { tokens: { a: app } }\n`));
    expect(one && diagnosticJson(one)).toEqual({
      file: MAIN,
      line: 10,
      column: 3,
      code: 'duplicate-account',
      severity: 'error',
      message: 'accounts "etl_prod" and "Etl_prod" differ only in case',
      hint: 'MotherDuck takes them for one account: remove one, or give it another name',
      related: { file: MAIN, line: 9, column: 3, message: 'the first stands' },
    });
  });
});
