import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isWindows } from '../platform.ts';
import { all, BASE, desired, expectText, findings, folderOf, MAIN } from './loading.ts';

const ACCOUNT = 'accounts:\n  abc: { tokens: { a: app } }\n';
const store = (text: string, rest = ACCOUNT): string => BASE.replace(/local: \{.*/, `local: { ${text} }`) + rest;
const exec = (words: string, rest = ''): string => store(`kind: exec, command: [${words}]${rest}`);
const file = (rest: string, accounts = ACCOUNT): string => store(`kind: file, path: s.env, ${rest}`, accounts);

test.each<[string, string, string[]]>([
  ['the known placeholders', exec('a, "{account}/{token}", "{generation}{expires_at}{type}"'), []],
  ['braces that are no placeholders', exec(`a, '{"x": 1}', "{}", "{A}", "{1}"`), []],
  ['an unknown placeholder', exec('a, "x/{acount}"'), ['store-command 4 "x/{acount}"']],
  [
    'two in one word',
    exec('a, "{acount}{tokn}"'),
    ['store-command 4 "{acount}{tokn}"', 'store-command 4 "{acount}{tokn}"'],
  ],
  ['a placeholder in check', exec('a', ', check: [b, "{account}"]'), ['store-command 4 "{account}"']],
  ['the placeholders of input', exec('a', `, input: '{"a":{secret_json},"b":"{secret_base64}{secret}{account}"}'`), []],
  [
    'an unknown placeholder of input',
    exec('a', ', input: "{secret}{secret_jsn}"'),
    ['store-command 4 "{secret}{secret_jsn}"'],
  ],
  ['an input without the secret', exec('a', ', input: "{account}"'), ['store-command 4 "{account}"']],
  ['the secret in the words', exec('a, "{secret}"'), ['store-command 4 "{secret}"']],
  ['a command that nobody reads', exec(`sh, "${'x'.repeat(4000)}"`), ['store-command 4 sh']],
  ['no program', exec('""'), ['store-command 4 ""']],
  ['a timeout of an hour', exec('a', ', timeout: 1h'), []],
  ['a longer timeout', exec('a', ', timeout: 61m'), ['store-timeout 4 61m']],
  ['no timeout at all', exec('a', ', timeout: 0s'), ['store-timeout 4 0s']],
  ['a home directory', store('kind: file, path: ~/s.env, format: json'), ['store-path 4 ~/s.env']],
  [
    'a variable as a shell writes it',
    store('kind: file, path: $HOME/s.env, format: json'),
    ['store-path 4 $HOME/s.env'],
  ],
  ['a variable in the middle', store('kind: file, path: a/$X/s.env, format: json'), ['store-path 4 a/$X/s.env']],
  [
    'words that only a shell replaces',
    exec('./put.sh, "$HOME/s", ~/s, --to=$DIR/x, "$HOME/my secrets"'),
    [
      'warning store-command 4 "$HOME/s"',
      'warning store-command 4 ~/s',
      'warning store-command 4 --to=$DIR/x',
      'warning store-command 4 "$HOME/my secrets"',
    ],
  ],
  [
    'such words in check and remove',
    exec('a, "{account}{token}"', ', check: [b, ~/s], remove: [c, "$D/{account}{token}"]'),
    ['warning store-command 4 ~/s', 'warning store-command 4 "$D/{account}{token}"'],
  ],
  [
    'a text for a shell, and what is no variable',
    exec(`env, bash, -euc, 'cat > "$HOME/s"', x$, $5, 'a ~/b $c', "$"`),
    [],
  ],
  ['an argument of such a text', exec(`sh, -c, '$X/cat > "$1"', sh, $HOME/s`), ['warning store-command 4 $HOME/s']],
  ['programs with a language of their own', exec(`ssh, host, tee, "~/s"`), []],
  ["git's folder", store('kind: file, path: .git/s.env, format: json'), ['store-path 4 .git/s.env']],
  [
    "the sandbox's folder",
    store('kind: file, path: .motherduck-sandbox/organization.json, format: json'),
    ['store-path 4 .motherduck-sandbox/organization.json'],
  ],
  ['a folder', store('kind: file, path: secrets/, format: json'), ['store-path 4 secrets/']],
  ['a name that leaves room for its lock', store(`kind: file, path: ${'é'.repeat(116)}, format: json`), []],
  [
    'a name too long for its lock',
    store(`kind: file, path: ${'é'.repeat(117)}, format: json`),
    [`store-path 4 ${'é'.repeat(117)}`],
  ],
  [
    'the configuration itself',
    store('kind: file, path: ./motherduck.accounts.yaml, format: json'),
    ['store-path 4 ./motherduck.accounts.yaml'],
  ],
  ['a variable of json', file('format: json, variable: "{ACCOUNT}_{TOKEN}"'), ['store-variable 4 "{ACCOUNT}_{TOKEN}"']],
  ['a variable', file('format: dotenv, variable: "md_{TOKEN}_{ACCOUNT}"'), []],
  ['a variable in small letters', file('format: dotenv, variable: "{account}"'), ['store-variable 4 "{account}"']],
  [
    'a variable that begins with a digit',
    file('format: dotenv, variable: "1{ACCOUNT}"'),
    ['store-variable 4 "1{ACCOUNT}"'],
  ],
])('%s', async (_name, yaml, expected) => {
  expect(await findings(yaml)).toEqual(expected);
});

test.each<[string, string, string[]]>([
  ['a-b and a_b', 'abc: { tokens: { a-b: app, a_b: app } }', ['store-collision 9 a_b']],
  ['account and token', 'abc: { tokens: { d_e: app } }\n  abc_d: { tokens: { e: app } }', ['store-collision 10 e']],
  ['case of the key', 'abc: { tokens: { a: app, A: app } }', ['store-collision 9 A']],
  ['no collision', 'abc: { tokens: { a: app, b: app } }\n  abd: { tokens: { a: app } }', []],
])('variables that collide: %s', async (_name, accounts, expected) => {
  expect(await findings(file('format: dotenv', `accounts:\n  ${accounts}\n`))).toEqual(expected);
  expect(await findings(file('format: json', `accounts:\n  ${accounts}\n`))).toEqual([]);
});

test('a variable without {ACCOUNT} collides once, however many accounts have the template', async () => {
  const accounts = `templates: { t: { tokens: { a: app } } }\naccounts: { abc: { template: t }, abd: { template: t }, abe: { template: t } }\n`;
  const yaml = file('format: dotenv, variable: "MD_{TOKEN}"', accounts);
  expect(await findings(yaml)).toEqual(['store-collision 8 a']);
  expect(await expectText('a variable without {ACCOUNT} collides', yaml)).toMatch(/abc\/a .*abd\/a .*\bMD_A\b/);
});

const command = (words: string, accounts: string): string =>
  store(`kind: exec, command: [${words}]`, `accounts:\n  ${accounts}\n`);
const TWO = 'abc_d: { tokens: { e: app } }\n  abc: { tokens: { d_e: app } }';

test.each<[string, string, string[]]>([
  ['account and token', command('gh, "MD_{account}_{token}"', TWO), ['store-collision 10 d_e']],
  ['told apart by two _', command('gh, "MD_{account}__{token}"', TWO), []],
  [
    'told apart by input',
    store(`kind: exec, command: [put], input: "{account}.{token}={secret}"`, `accounts:\n  ${TWO}\n`),
    [],
  ],
  ['told apart by words', command('put, "{account}", "{token}"', TWO), []],
  ['nothing that tells them apart', command('put', TWO), ['store-collision 10 d_e']],
  ['the generation alone', command('put, "{generation}{expires_at}{type}"', TWO), ['store-collision 10 d_e']],
  ['one token and no placeholder', command('put', 'abc: { tokens: { a: app } }'), []],
  ['the type', command('put, "{type}"', 'abc: { tokens: { a: app, b: { policy: app, type: read_scaling } } }'), []],
  ['case', command('put, "{account}/{token}"', 'abc: { tokens: { a: app, A: app } }'), ['warning store-collision 9 A']],
  [
    '- and _',
    command('put, "{account}/{token}"', 'abc: { tokens: { a-b: app, a_b: app } }'),
    ['warning store-collision 9 a_b'],
  ],
  [
    'case of accounts, said once',
    command('put, "{account}"', 'abc: { tokens: { a: app } }\n  ABC: { tokens: { a: app } }'),
    ['duplicate-account 10 ABC'],
  ],
])('commands that come to the same words: %s', async (_name, yaml, expected) => {
  expect(await findings(yaml)).toEqual(expected);
});

test('a collision of commands names both tokens and what they come to, and no value of the environment', async () => {
  const text = await expectText('a collision of commands', command('gh, "MD_{account}_{token}"', TWO));
  expect(text).toMatch(/abc_d\/e .*abc\/d_e .*"MD_abc_d_e"/);
  expect(text).toContain('motherduck.accounts.yaml:9:22');
  const words = command('gh, "${X}{account}_{token}"', TWO);
  const hidden = await expectText('a collision of commands > with a value of the environment', words, { X: 'hidden_' });
  expect(hidden).toMatch(/abc_d\/e .*abc\/d_e /);
  expect(hidden).not.toContain('hidden_');
  const near = command('put, "{account}/{token}"', 'abc: { tokens: { a: app, A: app } }');
  expect(await expectText('a collision of commands > but for case', near)).toMatch(
    /warning: abc\/a .*abc\/A .*"abc\/A"/,
  );
});

const TOKENS = '{ tokens: { a: app, b: app } }';
const removal = (words: string, accounts = `abc: ${TOKENS}`): string =>
  store(`kind: exec, command: [put, "{account}/{token}"], remove: [${words}]`, `accounts:\n  ${accounts}\n`);

test.each<[string, string, string[]]>([
  ['told apart', removal('rm, "{account}/{token}"', `abc: ${TOKENS}\n  abd: ${TOKENS}`), []],
  ['without the token', removal('rm, "{account}"'), ['store-remove 4 [rm, "{account}"]']],
  [
    'without the token, with one each',
    removal('rm, "{account}"', 'abc: { tokens: { a: app } }\n  abd: { tokens: { a: app } }'),
    [],
  ],
  [
    'without the account, said once',
    removal('rm, "{token}"', `abc: ${TOKENS}\n  abd: ${TOKENS}`),
    ['store-remove 4 [rm, "{token}"]'],
  ],
  ['without anything', removal('rm'), ['store-remove 4 [rm]']],
  ['where two come to the same', removal('rm, "{account}_{token}"', TWO), ['store-remove 4 [rm, "{account}_{token}"]']],
  [
    'where one is suspended',
    removal('rm, all', 'abc: { tokens: { a: app } }\n  abd: { suspended: true, tokens: { a: app } }'),
    ['store-remove 4 [rm, all]'],
  ],
  [
    'of a command that does not tell them apart either',
    removal('rm', `abc: ${TOKENS}`).replace('{account}/{token}', 'x'),
    ['store-collision 9 b'],
  ],
])('removals %s', async (_name, yaml, expected) => {
  expect(await findings(yaml)).toEqual(expected);
});

test('a removal that does not tell tokens apart names two of them, and no value of the environment', async () => {
  const text = await expectText('a removal of several secrets', removal('rm, "${X}{account}"'), { X: 'hidden_' });
  expect(text).toContain('remove would remove the secrets of abc/a and abc/b together');
  expect(text).not.toContain('hidden_');
});

test('the removals of two stores collide too, for tokens that differ', async () => {
  const two = (first: string, second: string) =>
    removal('rm, "{account}"', `abc: { tokens: { a: ${first}, b: ${second} } }`).replace(
      'token_policies:',
      '  other: { kind: exec, command: [give, "{account}/{token}"], remove: [rm, "{account}"] }\ntoken_policies:',
    );
  const into = (stores: string) => `{ policy: app, secret_store: ${stores} }`;
  expect(await findings(two('app', into('other')))).toEqual(['store-remove 5 [rm, "{account}"]']);
  expect(await findings(two(into('[local, other]'), into('[local]')).replace(/, b: .*? \}/, ''))).toEqual([]);
});

test('two stores of one command collide too, and one is none with the other', async () => {
  const accounts =
    'accounts:\n  abc: { tokens: { a: app } }\n  abd: { tokens: { a: { policy: app, secret_store: other } } }\n';
  const two = (other: string): string =>
    store('kind: exec, command: [put, "{token}"]', accounts).replace(
      'token_policies:',
      `  other: { kind: exec, command: [${other}] }\ntoken_policies:`,
    );
  expect(await findings(two('put, "{token}"'))).toEqual(['store-collision 11 a']);
  expect(await findings(two('put, "{account}"'))).toEqual([]);
});

test('two stores of one file collide too, and cannot differ in format', async () => {
  const two = (other: string): string =>
    BASE.replace('token_policies:', `  other: { kind: file, path: ./secrets.env, ${other} }\ntoken_policies:`) +
    'accounts:\n  abc: { tokens: { a-b: app, a_b: { policy: app, secret_store: other } } }\n';
  expect(await findings(two('format: dotenv'))).toEqual(['store-collision 10 a_b']);
  expect(await findings(two('format: json'))).toEqual(['store-format 5 ./secrets.env']);
  expect(await findings(two('format: dotenv, variable: "X_{ACCOUNT}_{TOKEN}"'))).toEqual([]);
});

test.skipIf(isWindows)('two ways to one file by a link are one file', async () => {
  const two = (other: string): string =>
    BASE.replace('token_policies:', `  other: { kind: file, path: link/secrets.env, ${other} }\ntoken_policies:`) +
    'accounts:\n  abc: { tokens: { a-b: app, a_b: { policy: app, secret_store: other } } }\n';
  const found = async (yaml: string, exists: boolean): Promise<string[]> => {
    const folder = folderOf({ [MAIN]: yaml, ...(exists ? { 'secrets.env': '' } : {}) });
    symlinkSync('.', path.join(folder, 'link'));
    return all(await loadConfig(path.join(folder, MAIN), {})).map(({ code, location }) => `${code} ${location.line}`);
  };
  for (const exists of [true, false]) {
    expect(await found(two('format: dotenv'), exists)).toEqual(['store-collision 10']);
    expect(await found(two('format: json'), exists)).toEqual(['store-format 5']);
    expect(await found(two('format: dotenv').replace('secrets.env,', `${MAIN},`), exists)).toEqual(['store-path 4']);
    const linked = two('format: dotenv').replace('link/secrets.env', `link/${MAIN}`);
    expect(await found(linked, exists)).toEqual(['store-path 5']);
  }
});

test.skipIf(isWindows)('a path that cannot be followed is left to the check of the store', async () => {
  const folder = folderOf({ [MAIN]: BASE + ACCOUNT });
  symlinkSync('secrets.env', path.join(folder, 'secrets.env'));
  expect((await loadConfig(path.join(folder, MAIN), {})).ok).toBe(true);
});

test('what is left out has its default', async () => {
  const { stores } = await desired(exec('a', ', timeout: 2m'));
  expect(stores.get('local')).toMatchObject({ kind: 'exec', timeout: 120 });
  expect(stores.get('local')).not.toHaveProperty('check');
  const other = (await desired(file('format: dotenv, allow_unignored: true'))).stores.get('local');
  expect(other).toMatchObject({ allowUnignored: true, variable: 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}' });
});
