/** The package as it is published: its files, and that it works in a project with nothing else installed. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../examples/markdown.ts';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';
import { BOTH, CONSUMER, compile, examplesIn } from './consumer.ts';
import { node, npm, npx } from './npm.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let packed: Packed;
/** The copy of the repository that the package was built from. */
let source: string;
/** A project with the installed package and the repository's configuration. */
let project: string;

beforeAll(async () => {
  project = path.join(await newFolder(), 'my accounts');
  mkdirSync(project);
  // Packing changes dist/ and package.json, which other tests use, so it works on a copy.
  source = await newFolder();
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.types.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];
  for (const name of [...settings, 'schemas', 'scripts', 'src'])
    cpSync(path.join(ROOT, name), path.join(source, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(source, 'node_modules'), 'junction');
  const told = JSON.parse(await npm(source, 'pack', '--silent', '--json', '--pack-destination', project));
  packed = Array.isArray(told) ? told[0] : Object.values(told)[0];
  writeFileSync(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  copyFileSync(path.join(ROOT, 'motherduck.accounts.yaml'), path.join(project, 'motherduck.accounts.yaml'));
  await npm(
    project,
    'install',
    `./${packed.filename}`,
    '--ignore-scripts=false',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  );
}, 180_000);

const installed = () => path.join(project, 'node_modules/motherduck-accounts');
/** Runs the installed program without npx, whose own start takes longer. */
const mdacc = (...words: readonly string[]) => node(project, path.join(installed(), 'dist/main.cjs'), ...words);
const textOf = (file: string) => readFileSync(path.join(installed(), file), 'utf8');

describe('the tarball', () => {
  it('holds the code, its types, schemas and documents, and nothing else', () => {
    const belongs =
      /^(dist\/.*\.(js|cjs|d\.ts|d\.cts)|dist\/THIRD-PARTY-LICENSES\.txt|schemas\/[\w.]+\.schema\.json|package\.json|(README|CHANGELOG)\.md|LICENSE)$/;
    const names = packed.files.map((file) => file.path);
    expect(names.filter((name) => !belongs.test(name) || /test|bench|\.map$/i.test(name))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/main.cjs', 'dist/probe.cjs']),
    );
  });

  it('has no npm scripts, because their files are not in it; the repository keeps them', () => {
    const { scripts, ...manifest } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(scripts).toHaveProperty('prepare');
    expect(JSON.parse(textOf('package.json'))).toEqual(manifest);
    expect(JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'))).toEqual({ ...manifest, scripts });
  });

  it('names the repository, its issues and the home page', () => {
    const { repository, bugs, homepage } = JSON.parse(textOf('package.json'));
    const url = repository.url.replace(/^git\+|\.git$/g, '');
    expect(url).toMatch(/^https:\/\/github\.com\/[\w-]+\/motherduck-accounts$/);
    expect({ bugs, homepage }).toEqual({ bugs: `${url}/issues`, homepage: `${url}#readme` });
  });

  it('is at most 1 MB', () => {
    expect(statSync(path.join(project, packed.filename)).size).toBe(packed.size);
    expect(packed.size).toBeLessThanOrEqual(1_000_000);
  });

  it('is at most 1.9 MB when it is unpacked', () => {
    const bytes = packed.files.reduce((sum, { path: file }) => sum + statSync(path.join(installed(), file)).size, 0);
    expect(bytes).toBe(packed.unpackedSize);
    expect(bytes).toBeLessThanOrEqual(1_900_000);
  });

  it('runs in strict mode, as the tested sources do', () => {
    const programs = packed.files.filter(({ path: file }) => file.endsWith('.cjs'));
    const sloppy = programs.filter(({ path: file }) => !/^(#!.*\n)?"use strict";/.test(textOf(file)));
    expect(sloppy.map((file) => file.path)).toEqual([]);
  });

  it('contains no paths of the machine that built it', () => {
    const said = [ROOT, `${homedir()}${path.sep}`, 'sourceMappingURL'];
    const found = packed.files.filter(({ path: file }) => said.some((text) => textOf(file).includes(text)));
    expect(found.map((file) => file.path)).toEqual([]);
  });

  it('has every file that package.json names, and requires only its dependencies', () => {
    const { bin, exports, main, types, dependencies, peerDependencies } = JSON.parse(textOf('package.json'));
    const conditions = Object.values<Record<string, string>>(exports['.']).flatMap((each) => Object.values(each));
    const named: string[] = [...Object.values<string>(bin), main, types, ...conditions];
    expect(Object.entries(exports['.']).map(([name, each]) => [name, ...Object.keys(each as object)])).toEqual([
      ['import', 'types', 'default'],
      ['require', 'types', 'default'],
    ]);
    expect(named.filter((file) => !existsSync(path.join(installed(), file)))).toEqual([]);
    const programs = packed.files.filter((file) => /\.(js|cjs)$/.test(file.path));
    const required = programs
      .flatMap((file) => [
        ...textOf(file.path).matchAll(/(?:from|import|(?<!["'])require\()\s*\(?["']([@a-z][^"']*)["']/g),
      ])
      .map((match) => match[1] ?? '')
      .filter((name) => !name.startsWith('node:'))
      // The package of a file, as in undici/lib/dispatcher/pool.js.
      .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
    expect([...new Set(required)].sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort());
  });

  it('has the license of every bundled package', () => {
    const licenses = textOf('dist/THIRD-PARTY-LICENSES.txt');
    for (const name of ['ajv', 'commander', 'diff', 'string-width', 'strip-ansi', 'wrap-ansi', 'yaml'])
      expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(licenses).toMatch(/Redistribution and use in source and binary forms/);
  });
});

describe('installed', () => {
  it('has the commands mdacc and motherduck-accounts', async () => {
    const { version } = JSON.parse(textOf('package.json'));
    expect(await npx(project, 'mdacc', '--version')).toBe(`${version}\n`);
    expect(await npx(project, 'motherduck-accounts', '--help')).toContain('Usage: mdacc');
  });

  it('validates, prints its schemas and plans', async () => {
    expect(await mdacc('validate')).toBe('motherduck.accounts.yaml is valid: 3 accounts, 4 tokens.\n');
    expect(JSON.parse(await mdacc('schema', 'plan'))).toHaveProperty('$schema');
    expect(await mdacc('plan', '--sandbox')).toMatch(/^Plan: 3 /m);
  });

  it('is a library: a program plans, applies, connects and audits', async () => {
    copyFileSync(path.join(ROOT, 'examples/library/apply.mjs'), path.join(project, 'apply.mjs'));
    const said = await node(project, 'apply.mjs');
    expect(said).toMatch(/^Plan: 3 /m);
    expect(said).toMatch(/^Applied: 10 of 10 /m);
    expect(said).toMatch(/^Smoke test: 3 of 3 /m);
    expect(said).toMatch(/^Audit: .*3 accounts/m);
    expect(readdirSync(project)).toContain('motherduck.accounts.state.json');
    expect(readdirSync(project)).not.toContain('motherduck.accounts.state.json.lock');
  });

  it('has a command that continues with the state of that program', async () => {
    await mdacc('plan', '--sandbox', '--detailed-exitcode');
    expect(await mdacc('smoke', '--sandbox', '--only', 'etl_prod')).toContain('1 of 1 ');
  });

  it('has the same functions and classes for import and require', async () => {
    writeFileSync(path.join(project, 'both.cjs'), BOTH);
    const said = JSON.parse(await node(project, 'both.cjs'));
    expect(said).toEqual({
      isSame: true,
      code: 'CONFIG_NOT_FOUND',
      plan: expect.stringMatching(/^(Plan: |No changes)/m),
    });
    expect(readFileSync(path.join(installed(), 'dist/library.js'), 'utf8')).toBe("export * from './library.cjs';\n");
  });

  it('runs the program of docs/library.md, which finds no changes', async () => {
    const [, program = ''] = /^```js\n([\s\S]*?)^```$/m.exec(readText('docs/library.md')) ?? [];
    writeFileSync(path.join(project, 'program.mjs'), program);
    expect(await node(project, 'program.mjs')).toMatch(/^No changes\.[\s\S]*^true \d+$/m);
  });

  it.each([
    ['an ES module', 'consumer.mts', 'nodenext'],
    ['a CommonJS module', 'consumer.cts', 'nodenext'],
    ['a bundled module', 'consumer.ts', 'bundler'],
  ])('has types that a strict program compiles with, as %s', async (_, file, resolution) => {
    writeFileSync(path.join(project, file), CONSUMER);
    expect(await compile(project, [file], resolution)).toBe('');
  });

  it('shows an example of each function that compiles and runs', async () => {
    const declared = packed.files.filter((file) => file.path.endsWith('.d.cts'));
    const examples = declared.flatMap(({ path: file }) => examplesIn(textOf(file)));
    const library: object = createRequire(path.join(project, 'package.json'))('motherduck-accounts');
    const functions = Object.keys(library).filter((name) => /^[a-z]/.test(name));
    expect(examples.map(({ name }) => name).sort()).toEqual(functions.sort());
    for (const { name, text } of examples) writeFileSync(path.join(project, `example-${name}.mts`), text);
    expect(
      await compile(
        project,
        examples.map(({ name }) => `example-${name}.mts`),
        'nodenext',
      ),
    ).toBe('');
    for (const { name, text } of examples)
      writeFileSync(path.join(project, `example-${name}.mjs`), (await transform(text, { loader: 'ts' })).code);
    const lines = examples.map(({ name }) => `console.log('# ${name}'); await import('./example-${name}.mjs');\n`);
    writeFileSync(path.join(project, 'examples.mjs'), lines.join(''));
    const said = await node(project, 'examples.mjs');
    expect(said.match(/^# \w+$/gm)).toEqual(examples.map(({ name }) => `# ${name}`));
    expect(said).toContain('etl_prod');
  });
});
