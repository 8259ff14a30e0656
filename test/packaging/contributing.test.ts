/** CONTRIBUTING.md names files that exist, and shows all that a new rule and a new kind of store need. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { blocksOf, readText } from '../examples/markdown.ts';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';

const BIOME = 'node_modules/@biomejs/biome/bin/biome';

const text = readText('CONTRIBUTING.md');
const examples = blocksOf(text, 'ts').map((block) => ({ file: /^\/\/ (\S+)\n/.exec(block)?.[1] ?? '', block }));
const added = new Set(examples.map(({ file }) => file).filter((file) => !existsSync(path.join(ROOT, file))));

describe('CONTRIBUTING.md', () => {
  it('names files and folders that exist', () => {
    const prose = text.replace(/^```ts\n.*?^```$/gms, '');
    const named = [
      ...[...prose.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target]) => target ?? ''),
      ...[...prose.matchAll(/(?<![\w/])(?:\.github|src|test|schemas|scripts)\/[\w./-]*\w/g)].map(([name]) => name),
    ];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });
});

describe('a new rule and a new kind of store', { timeout: 180_000 }, () => {
  let folder: string;
  const run = (...words: readonly string[]) =>
    execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const mdacc = (...words: readonly string[]) => run('dist/main.cjs', ...words);

  beforeAll(async () => {
    folder = await newFolder();
    const settings = ['package.json', 'tsconfig.json', 'tsconfig.types.json', 'biome.json', '.gitignore'];
    for (const name of [...settings, 'schemas', 'scripts', 'src'])
      cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    for (const { file, block } of examples) appendFileSync(path.join(folder, file), block);
    run(BIOME, 'check', '--write', 'src');
    run('scripts/build.mjs');
  }, 180_000);

  it('are one file and one line each', () => {
    expect([...added].sort()).toEqual(['src/audit/rules/account-many-tokens.ts', 'src/secrets/kinds/directory.ts']);
    const lines = examples.filter(({ file }) => !added.has(file)).map(({ block }) => block.trim().split('\n').slice(1));
    expect(lines.map(({ length }) => length)).toEqual([1, 1]);
  });

  it('pass the compiler and the linter', () => {
    expect(run('node_modules/typescript/bin/tsc', '--noEmit')).toBe('');
    run(BIOME, 'check', 'src', 'schemas');
  });

  it('are in the schema and work', () => {
    const store = 'local: { kind: directory, path: secrets }';
    const yaml = readText('motherduck.accounts.yaml').replace(/local: \{.*\}/, store);
    writeFileSync(path.join(folder, 'motherduck.accounts.yaml'), yaml);
    expect(mdacc('schema', 'config')).toContain('"$ref": "#/$defs/directory_store"');
    mdacc('apply', '--sandbox', '--real-stores', '--yes', '--no-smoke', '--quiet');
    const secret = path.join(folder, 'secrets/etl_prod.airflow');
    expect(readFileSync(secret, 'utf8')).toMatch(/^ey/);
    if (!isWindows) expect(statSync(secret).mode & 0o777).toBe(0o600);
    const { rules } = JSON.parse(mdacc('audit', '--sandbox', '--format', 'json', '--fail-on', 'never'));
    expect(rules).toContainEqual(expect.objectContaining({ id: 'MDA999', name: 'account-many-tokens' }));
  });
});
