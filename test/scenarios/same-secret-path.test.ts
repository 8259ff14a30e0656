/** The secret in use of another key or store, at the path of an obsolete one by another spelling: no `remove` runs there. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Ran } from '../in-process.ts';
import { Stage } from '../stage.ts';

const REAL = '--sandbox --real-stores --yes';
/** A store whose names ignore case, and in which `-` and `_` are the same, as in the secrets of GitHub and in key vaults. */
const VAULT = `const [how, name] = process.argv.slice(2);
const file = 'kv/' + name.toLowerCase().replaceAll('-', '_').replaceAll('/', '.');
const fs = require('node:fs');
if (how === 'rm') fs.rmSync(file, { force: true });
else fs.writeFileSync(file, fs.readFileSync(0));
`;
const SCRIPT = `const [how, file, account, token] = process.argv.slice(2);
const fs = require('node:fs');
const line = ('MOTHERDUCK_TOKEN_' + account + '_' + token).toUpperCase() + '=';
const others = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\\n').filter((each) => each && !each.startsWith(line)) : [];
fs.writeFileSync(file, [...others, ...(how === 'rm' ? [] : [line + fs.readFileSync(0, 'utf8')])].join('\\n') + '\\n', { mode: 0o600 });
`;
const exec = (put: string, rm = put.replaceAll('put', 'rm')) => `{ kind: exec, command: ${put}, remove: ${rm} }`;
const vault = (name: string) => exec(`[node, vault.cjs, put, "${name}"]`);
const shell = (name: string) => exec(`[sh, -c, "node vault.cjs put ${name}"]`);
const tee = (path: string) => exec(`[tee, "${path}/{account}.{token}"]`, `[rm, -f, "${path}/{account}.{token}"]`);

const text = ({ stdout, stderr }: Ran) => stdout + stderr;

function configuration(a: string, b: string, tokens: string): string {
  return `version: 1
organization: acme
secret_stores:
  a: ${a}
  b: ${b}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: a }
  q: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: b }
accounts:
  etl: { tokens: ${tokens} }
`;
}

it.each([
  ['of a key in another case', vault('T_{account}__{token}'), vault('x'), '{ App: p }', '{ app: p }', 'app'],
  [
    'of a key in another case, renamed',
    vault('{account}.{token}'),
    vault('x'),
    '{ App: { policy: p, name: t } }',
    '{ app: { policy: p, name: t } }',
    'app',
  ],
  ['of a key with - for _', shell('{account}/{token}'), vault('x'), '{ a_b: p }', '{ a-b: p }', 'a_b'],
  [
    'of a key that stays, in another case',
    vault('{account}.{token}'),
    vault('x'),
    '{ App: p, app: p }',
    '{ app: p, bi: p }',
    'app',
  ],
  [
    'of a store in another case',
    vault('MD.{account}.{token}'),
    vault('md.{account}.{token}'),
    '{ app: p }',
    '{ app: q }',
    'app',
  ],
  [
    'of another key, at a path without a placeholder',
    vault('etl.app'),
    shell('etl.app'),
    '{ app: p }',
    '{ bi: q }',
    'app',
  ],
  [
    'of a renamed key, at a path without a placeholder',
    vault('etl.app'),
    shell('etl.app'),
    '{ app: { policy: p, name: t } }',
    '{ bi: { policy: q, name: t } }',
    'app',
  ],
  [
    'of another key, at a path with one placeholder',
    vault('{account}.{token}'),
    shell('{account}.app'),
    '{ app: p }',
    '{ bi: q }',
    'app',
  ],
  [
    'of another key, as another program',
    vault('{account}.{token}'),
    exec('[node, vault.cjs, put, "{account}.app", --flag]'),
    '{ app: p }',
    '{ bi: q }',
    'app',
  ],
  ['of a folder by a link', tee('kv'), tee('link'), '{ app: p }', '{ app: q }', 'app'],
  ['of a folder by a detour', tee('link/../kv'), tee('./kv'), '{ app: p }', '{ app: q }', 'app'],
  [
    'of a store that is the file itself',
    exec('[node, script.cjs, put, kv/etl.app, "{account}", "{token}"]'),
    '{ kind: file, path: link/etl.app, format: dotenv, overwrite: true }',
    '{ app: p }',
    '{ app: q }',
    'app',
  ],
  [
    'of a store whose script writes the file itself',
    exec('[node, inner.cjs, put, "{account}", "{token}"]'),
    '{ kind: file, path: link/etl.app, format: dotenv, overwrite: true }',
    '{ app: p }',
    '{ app: q }',
    'app',
  ],
])('a secret in use stays: %s', async (_, a, b, before, after, name) => {
  const stage = new Stage(configuration(a, b, before));
  stage.write('vault.cjs', VAULT);
  stage.write('script.cjs', SCRIPT);
  stage.write('inner.cjs', SCRIPT.replace(', file,', ',').replace('const fs', "const file = 'kv/etl.app';\nconst fs"));
  stage.write('.gitignore', 'kv/\n');
  mkdirSync(stage.file('kv'));
  symlinkSync('kv', stage.file('link'));
  const isThere = () => {
    const file = `kv/etl.${name}`;
    const found = [file, `kv/t_etl__${name}`, `kv/md.etl.${name}`].find((each) => existsSync(stage.file(each)));
    return found !== undefined && /ey/.test(stage.read(found));
  };
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  expect(isThere()).toBe(true);
  stage.edit(() => configuration(a, b, after));
  const warnings = async () => {
    const { document } = await stage.json(`apply ${REAL}`);
    return (document as { warnings: { kind: string }[] }).warnings.map(({ kind }) => kind);
  };
  const first = await warnings();
  await stage.run('sandbox advance 2d');
  const second = await warnings();
  expect(isThere()).toBe(true);
  expect([...first, ...second]).toContain('secret_stays');
  const third = await stage.run(`apply ${REAL}`);
  expect(text(third)).toContain('No changes.');
  expect(isThere()).toBe(true);
});

it.each([
  ['of another key', vault('{account}.{token}'), vault('x'), '{ bi: p }'],
  ['of a key that is kept apart by its words', vault('{account}__{token}'), vault('x'), '{ app_2: p }'],
  ['beside one without a placeholder', vault('{account}.{token}'), shell('etl.bi'), '{ bi: q }'],
])('an obsolete secret goes where the one in use is elsewhere: %s', async (_, a, b, after) => {
  const stage = new Stage(configuration(a, b, '{ app: p }'));
  stage.write('vault.cjs', VAULT);
  mkdirSync(stage.file('kv'));
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  stage.edit(() => configuration(a, b, after));
  expect(text(await stage.run(`apply ${REAL}`))).toContain('its remove command runs');
  expect(['kv/etl.app', 'kv/etl__app'].some((each) => existsSync(stage.file(each)))).toBe(false);
});
