import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { diagnosticJson } from '../../src/model/diagnostic.ts';
import { renderDiagnostics } from '../../src/yaml/render.ts';
import { all, BASE, expectText, type Files, load, MAIN, textOf } from './loading.ts';

/** What a person sees, to the letter: each is an entry of test/golden/configuration.txt. */
const CASES: readonly [string, Files][] = [
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
  ],
  ['an unknown policy', { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app, b: ap } }\n` }],
  ['a wrong type', { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: [app] }\n` }],
  [
    'a duration without a unit',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: { policy: app, ttl: 30 } } }\n` },
  ],
  ['accounts that differ in case', { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app } }\n  ETL_prod:\n` }],
  [
    'a name in two files',
    {
      [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app } }\ninclude: [b.yaml]\n`,
      'b.yaml': 'accounts:\n  etl_prod:\n',
    },
  ],
  [
    'a missing variable, inside of its text',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app }, smoke: { query: "FROM $\${DB}.\${TABLE}" } }\n` },
  ],
  [
    'a rotation that would never end',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: { policy: app, ttl: 7d } } }\n` },
  ],
  ['a name that MotherDuck does not take', { [MAIN]: `${BASE}accounts:\n  etl/prod: { tokens: { a: app } }\n` }],
  ['a tab', { [MAIN]: 'version: 1\norganization: acme\naccounts:\n\tetl_prod:\n' }],
  [
    'a bracket that is not closed',
    {
      [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app }\n  etl_test: { tokens: { a: app } }\nignore: a: b\n`,
    },
  ],
  ['a bracket that another one closes', { [MAIN]: `${BASE}accounts: { etl_prod: { tokens: [x } } }\n` }],
  ['a tab and what follows from it', { [MAIN]: 'accounts:\n  abc:\n\t\ttokens: {}\n\t\tx: 1\n  d: 1\n\t- e\n' }],
  ['a tab between brackets', { [MAIN]: 'accounts: {\n\tabc: {\n\t\ttokens: {} }\n}\n' }],
  [
    'an unquoted variable between braces',
    { [MAIN]: `${BASE}accounts:\n  etl_prod: { ducklings: { read_scaling: { pool_size: \${N} } } }\n` },
  ],
  [
    'many errors alike',
    {
      [MAIN]: `${BASE}accounts:\n  etl_prod: { tokens: { a: app } }\nguardrails:\n${[1, 2, 3, 4, 5, 6, 7].map((n) => `  tenant_${n}: {}\n`).join('')}`,
    },
  ],
  [
    'a warning',
    {
      [MAIN]: `${BASE}duckling_pools:\n  small:\n    read_write: { size: pulse }\naccounts:\n  etl_prod: { tokens: { a: app } }\n`,
    },
  ],
];

test.each(CASES)('%s', async (name, files) => {
  await expectText(name, files);
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
    expect(stringWidth(line.slice(0, line.indexOf('"東京"')))).toBe(marker.indexOf('^'));
    const shown = renderDiagnostics(all(loaded), loaded.sources, undefined, 60).split('\n');
    const sources = shown.filter((row) => row.includes(' | '));
    expect(sources.length).toBeGreaterThan(2);
    for (const row of sources) expect(stringWidth(row)).toBeLessThanOrEqual(60);
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
    expect(text).toMatch(/^<b>motherduck\.accounts\.yaml:3:1<\/b>: <b>.*"one"<\/b>$/m);
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
      message: expect.stringMatching(/"etl_prod".*"Etl_prod"/),
      hint: expect.any(String),
      related: { file: MAIN, line: 9, column: 3, message: expect.any(String) },
    });
  });
});
