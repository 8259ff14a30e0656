/** Entries are added to any valid YAML, and what was there stays as it is, byte for byte. */
import { diffLines } from 'diff';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { YamlText } from '../../src/import/yaml-text.ts';
import { definedEntries, scalar, type YamlEntry } from '../../src/import/yaml-writer.ts';
import { expectGolden } from '../golden/golden.ts';

const APP = definedEntries({ app: 'dashboard' });
const TENANT: YamlEntry = {
  key: 'tenant',
  value: { layout: 'fit', entries: definedEntries({ tokens: { layout: 'fit', entries: APP } }) },
};

/** The text with a tenant under accounts. */
function withTenant(text: string, ...more: readonly YamlEntry[]): string {
  const yaml = new YamlText(text);
  yaml.add(['accounts'], [TENANT, ...more]);
  return yaml.edited();
}

/** The text with a token `app` of the account a. */
function withToken(text: string): string {
  const yaml = new YamlText(text);
  expect(yaml.closed(['accounts', 'a', 'tokens'])).toBeUndefined();
  yaml.add(['accounts', 'a', 'tokens'], APP);
  return yaml.edited();
}

function removedLines(before: string, after: string): string[] {
  return diffLines(before, after).flatMap((change) => (change.removed ? change.value.split('\n').filter(Boolean) : []));
}

describe('an account is added', () => {
  it.each<[string, string, string]>([
    ['to a block', 'accounts:\n  a: {}\n', 'accounts:\n  a: {}\n  tenant: { tokens: { app: dashboard } }\n'],
    [
      'after the comments of the block, before those of the next section',
      'accounts:\n  a: {} # first\n  # b: {}\n\n  # that was b\n\n# What a plan must not do.\nguardrails: {}\n',
      'accounts:\n  a: {} # first\n  # b: {}\n\n  # that was b\n  tenant: { tokens: { app: dashboard } }\n\n# What a plan must not do.\nguardrails: {}\n',
    ],
    [
      'indented as the others are',
      'accounts:\n    a:\n        tokens: {}\nx: 1\n',
      'accounts:\n    a:\n        tokens: {}\n    tenant: { tokens: { app: dashboard } }\nx: 1\n',
    ],
    [
      'with the line breaks of the text',
      'accounts:\r\n  a: {}\r\nx: 1\r\n',
      'accounts:\r\n  a: {}\r\n  tenant: { tokens: { app: dashboard } }\r\nx: 1\r\n',
    ],
    [
      'where the last line does not end',
      'accounts:\n  a: {}',
      'accounts:\n  a: {}\n  tenant: { tokens: { app: dashboard } }',
    ],
    [
      'after a byte order mark',
      '\uFEFFaccounts:\n  a:\n',
      '\uFEFFaccounts:\n  a:\n  tenant: { tokens: { app: dashboard } }\n',
    ],
    [
      'before the end of the document',
      '%YAML 1.2\n---\naccounts:\n  a: ~\n...\n# after\n',
      '%YAML 1.2\n---\naccounts:\n  a: ~\n  tenant: { tokens: { app: dashboard } }\n...\n# after\n',
    ],
    [
      'after a block text with the empty lines that are part of it',
      'accounts:\n  a:\n    smoke:\n      query: |+\n        SELECT 1\n\n\nx: 1\n',
      'accounts:\n  a:\n    smoke:\n      query: |+\n        SELECT 1\n\n\n  tenant: { tokens: { app: dashboard } }\nx: 1\n',
    ],
    [
      'after a text of several lines',
      'accounts:\n  a: { smoke: { query: "SELECT\n    1" } } # one\nx: 1\n',
      'accounts:\n  a: { smoke: { query: "SELECT\n    1" } } # one\n  tenant: { tokens: { app: dashboard } }\nx: 1\n',
    ],
    [
      'beside a merge key and anchors',
      'templates:\n  t: &t { tokens: {} }\naccounts:\n  <<: { b: {} }\n  &k a: *t\n',
      'templates:\n  t: &t { tokens: {} }\naccounts:\n  <<: { b: {} }\n  &k a: *t\n  tenant: { tokens: { app: dashboard } }\n',
    ],
    [
      'below a key without a value',
      'accounts: # none yet\n  # here\nx: 1\n',
      'accounts: # none yet\n  # here\n  tenant: { tokens: { app: dashboard } }\nx: 1\n',
    ],
    ['in place of null', 'accounts: ~ # none\n', 'accounts: # none\n  tenant: { tokens: { app: dashboard } }\n'],
    ['in place of empty braces', 'accounts: {}\nx: 1\n', 'accounts:\n  tenant: { tokens: { app: dashboard } }\nx: 1\n'],
    [
      'in place of empty braces with an anchor',
      'accounts: &all { }\n',
      'accounts: &all\n  tenant: { tokens: { app: dashboard } }\n',
    ],
    [
      'into empty braces on a line of their own',
      'accounts:\n  {}\n',
      'accounts:\n  { tenant: { tokens: { app: dashboard } } }\n',
    ],
    [
      'into empty braces with a comment',
      'accounts: { # none\n  }\n',
      'accounts: { tenant: { tokens: { app: dashboard } } # none\n  }\n',
    ],
    ['between braces', 'accounts: { a: {} }\n', 'accounts: { a: {}, tenant: { tokens: { app: dashboard } } }\n'],
    [
      'between braces after a comma',
      'accounts: {\ta: {} ,\t}\n',
      'accounts: {\ta: {} , tenant: { tokens: { app: dashboard } }\t}\n',
    ],
    [
      'between braces on lines of their own',
      'accounts: {\n    a: {}, # x, y\n    b: {} # z,\n    # end\n  }\n',
      'accounts: {\n    a: {}, # x, y\n    b: {}, # z,\n    # end\n    tenant: { tokens: { app: dashboard } }\n  }\n',
    ],
    [
      'between braces on lines of their own that end with a comma',
      'accounts: {\n    a: {},\n  }\n',
      'accounts: {\n    a: {},\n    tenant: { tokens: { app: dashboard } },\n  }\n',
    ],
    ['to JSON', '{"accounts":{"a":null}}\n', '{"accounts":{"a":null, tenant: { tokens: { app: dashboard } }}}\n'],
    ['to JSON without any', '{"accounts":{}}', '{"accounts":{ tenant: { tokens: { app: dashboard } } }}'],
    [
      'to a document in braces without the section',
      '{ x: 1 }\n',
      '{ x: 1, accounts: { tenant: { tokens: { app: dashboard } } } }\n',
    ],
    [
      'in a section of its own',
      'x: 1\n\n# end\n',
      'x: 1\n\n# end\n\naccounts:\n  tenant: { tokens: { app: dashboard } }\n',
    ],
    [
      'to a file without anything',
      '# accounts of the BI team\n',
      '# accounts of the BI team\n\naccounts:\n  tenant: { tokens: { app: dashboard } }\n',
    ],
    [
      'to a document without anything',
      '%YAML 1.2\n---\n# none\n...\n',
      '%YAML 1.2\n---\n# none\n\naccounts:\n  tenant: { tokens: { app: dashboard } }\n...\n',
    ],
    ['to an empty file', '', 'accounts:\n  tenant: { tokens: { app: dashboard } }\n'],
    ['to a document that is indented', '  x: 1\n', '  x: 1\n  accounts:\n    tenant: { tokens: { app: dashboard } }\n'],
    [
      'after an explicit key',
      'accounts:\n  ? a\n  : tokens: {}\nx: 1\n',
      'accounts:\n  ? a\n  : tokens: {}\n  tenant: { tokens: { app: dashboard } }\nx: 1\n',
    ],
  ])('%s', (_where, before, after) => {
    expect(withTenant(before)).toBe(after);
    const mask = { merge: true } as const;
    const { accounts = null, ...rest } = (parse(before, mask) ?? {}) as Record<string, object>;
    expect(parse(after, mask)).toEqual({
      ...rest,
      accounts: { ...accounts, tenant: { tokens: { app: 'dashboard' } } },
    });
  });

  it('with lines of their own when the line would be long', () => {
    const many = Array.from({ length: 4 }, (_, index) => ({ ...TENANT, key: `tenant_${index}` }));
    const after = withTenant('accounts: { a: {} } # all\n', ...many);
    expect(after.split('\n')[1]).toBe('    tenant: { tokens: { app: dashboard } },');
    expect(after).toMatch(/dashboard \} \} \} # all\n$/);
    expect(Object.keys((parse(after) as { accounts: object }).accounts)).toHaveLength(6);
  });

  it('in a block when it is long, has comments, or asks for it', () => {
    const tokens = { layout: 'block', entries: [{ key: 'app', value: 'dashboard', comment: 'ends soon' }] } as const;
    const after = withTenant('accounts:\n    a:\n        tokens: {}\n', {
      key: 'bi',
      value: { layout: 'fit', entries: [{ key: 'tokens', value: tokens }] },
    });
    expect(after).toMatch(/\n {4}bi:\n {8}tokens:\n {12}app: dashboard # ends soon\n$/);
  });
});

describe('a token is added', () => {
  it.each<[string, string, string]>([
    [
      'to the others',
      'accounts:\n  a:\n    tokens:\n      b: p\n  c: {}\n',
      'accounts:\n  a:\n    tokens:\n      b: p\n      app: dashboard\n  c: {}\n',
    ],
    [
      'to an account without tokens',
      'accounts:\n  a:\n    smoke: false\n  c: {}\n',
      'accounts:\n  a:\n    smoke: false\n    tokens:\n      app: dashboard\n  c: {}\n',
    ],
    [
      'to an account in braces',
      'accounts:\n  a: { template: t } # a\n',
      'accounts:\n  a: { template: t, tokens: { app: dashboard } } # a\n',
    ],
    [
      'to tokens in braces',
      'accounts:\n  a: { tokens: { b: p } }\n',
      'accounts:\n  a: { tokens: { b: p, app: dashboard } }\n',
    ],
    [
      'to an account with nothing',
      'accounts:\n  a:\n  c:\n',
      'accounts:\n  a:\n    tokens:\n      app: dashboard\n  c:\n',
    ],
    ['to an account with empty braces', 'accounts:\n  a: {}\n', 'accounts:\n  a:\n    tokens:\n      app: dashboard\n'],
    [
      'to an account without a value in braces',
      'accounts: { a: , b: ~ }\n',
      'accounts: { a: { tokens: { app: dashboard } } , b: ~ }\n',
    ],
    ['to JSON', '{"accounts":{"a":null}}', '{"accounts":{"a": { tokens: { app: dashboard } }}}'],
    [
      'to an account that merges something else',
      'x: &x { smoke: false }\naccounts:\n  a:\n    <<: *x\n',
      'x: &x { smoke: false }\naccounts:\n  a:\n    <<: *x\n    tokens:\n      app: dashboard\n',
    ],
    [
      'to an anchor that nothing refers to',
      'accounts:\n  a: &a\n    tokens: &t\n      b: p\n',
      'accounts:\n  a: &a\n    tokens: &t\n      b: p\n      app: dashboard\n',
    ],
  ])('%s', (_where, before, after) => {
    expect(withToken(before)).toBe(after);
  });

  it('with the account after it, at the same end of the text', () => {
    const yaml = new YamlText('accounts:\n  a:\n    tokens:\n      b: p');
    yaml.add(['accounts'], [TENANT]);
    yaml.add(['accounts', 'a', 'tokens'], APP);
    yaml.add(
      ['token_policies'],
      definedEntries({ dashboard: { layout: 'line', entries: definedEntries({ ttl: '30d' }) } }),
    );
    yaml.add(['duckling_pools'], definedEntries({ small: { layout: 'block', entries: [] } }));
    expect(yaml.edited()).toBe(
      'accounts:\n  a:\n    tokens:\n      b: p\n      app: dashboard\n  tenant: { tokens: { app: dashboard } }\n\ntoken_policies:\n  dashboard: { ttl: 30d }\n\nduckling_pools:\n  small:',
    );
  });

  it.each<[string, string, number]>([
    ['an alias', 'x: &x { b: p }\naccounts:\n  a: { tokens: *x }\n', 3],
    ['an account that is an alias', 'accounts:\n  b: &b {}\n  a: *b\n', 3],
    ['an anchor that is used', 'accounts:\n  a: &a { tokens: {} }\n  b: *a\n', 2],
    ['an anchor that is merged', 'accounts:\n  a: &a\n    tokens: { b: p }\n  b: { <<: *a }\n', 3],
    ['an anchor further up', 'x:\n  accounts: 1\naccounts: &all\n  a: {}\ny: *all\n', 4],
    ['tokens that are merged', 'x: &x { tokens: { b: p } }\naccounts:\n  a: { <<: *x }\n', 3],
    ['tokens that are merged twice over', 'x: &x { tokens: {} }\ny: &y { <<: [*x] }\naccounts:\n  a: { <<: *y }\n', 4],
    ['an account that is merged', 'x: &x { a: {} }\naccounts:\n  <<: *x\n  b: {}\n', 3],
    ['a text', 'accounts: { a: { tokens: p } }\n', 1],
  ])('not to %s: that would count in another place too', (what, text, line) => {
    const closed = new YamlText(text).closed(['accounts', 'a', 'tokens']);
    expect(closed).toMatchObject({ line });
    expectGolden('errors', `not added, since it would count in another place > ${what}`, closed?.why ?? '');
    expect(() => new YamlText(text).add(['accounts', 'a', 'tokens'], APP)).toThrow();
  });
});

describe('a long file with everything in it', () => {
  const TEXT = [
    '\uFEFF# yaml-language-server: $schema=./x.json',
    'version:   1        # odd   spacing',
    'organization: "acme"',
    "secret_stores: {local: {kind: file, path: '.m/s.env', format: dotenv}}",
    'token_policies:',
    '    pipeline: &p {type: read_write,   ttl: 90d,',
    '        rotate_before: 14d, overlap: 24h, secret_store: local}',
    '    dashboard: { <<: *p, type: read_scaling }   # merged',
    '',
    'ignore:',
    '- legacy_*',
    '- "human.*"',
    'accounts:',
    '',
    '    # the pipelines',
    '    etl_prod:',
    '        tokens:',
    '            airflow:   pipeline',
    '',
    '            # dbt: pipeline',
    '',
    '    bi: {tokens: {app: dashboard}, smoke: false,}',
    '',
    '# the end',
    'guardrails: { max_deletes: 0 }',
    '',
  ].join('\r\n');

  it('shows nothing in its diff but what was added', () => {
    const yaml = new YamlText(TEXT);
    yaml.add(
      ['token_policies'],
      definedEntries({ loader: { layout: 'line', entries: definedEntries({ ttl: '7d' }) } }),
    );
    yaml.add(['accounts'], [TENANT]);
    yaml.add(['accounts', 'etl_prod', 'tokens'], APP);
    yaml.add(
      ['duckling_pools'],
      definedEntries({ small: { layout: 'block', entries: definedEntries({ read_write: '{}' }) } }),
    );
    const after = yaml.edited();
    expect(removedLines(TEXT, after)).toEqual([]);
    expect(after.split('\r\n').filter((line) => !TEXT.includes(line))).toEqual([
      '    loader: { ttl: 7d }',
      '            app: dashboard',
      '    tenant: { tokens: { app: dashboard } }',
      'duckling_pools:',
      '    small:',
      '        read_write: {}',
    ]);
    expect(after.indexOf('app: dashboard\r\n')).toBeGreaterThan(after.indexOf('# dbt'));
  });
});

describe('a text as a value', () => {
  it.each([
    ['airflow', 'airflow'],
    ['90d', '90d'],
    ['BI (old)', '"BI (old)"'],
    ['null', '"null"'],
    ['123', '"123"'],
    ['- a: #b', '"- a: #b"'],
    ['costs ${USD}', '"costs $${USD}"'],
    ['evil\u001b[2J\u202e\u0085\u2028x', '"evil\\u001b[2J\\u202e\\u0085\\u2028x"'],
    ['"\\ é 🦆', '"\\"\\\\ é 🦆"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('%s', (text, written) => {
    expect(scalar(text)).toBe(written);
    expect(parse(scalar(text))).toBe(text.replaceAll('$', '$$$$'));
  });
});
