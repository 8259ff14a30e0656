/** What V8 compiled of the program's modules is kept beside them for the next run, and never matters but for time. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { newFolder, run } from '../files/processes.ts';
import { MAIN, ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

/** Says what is in the module `word.cjs`, whose function is compiled when it is called. */
const COMMAND_LINE = `"use strict";\nconst { word } = require('./word.cjs');\nconsole.log(word());\n`;
const wordModule = (word: string) => `"use strict";\nmodule.exports = { word() { return '${word}'; } };\n`;

/** A folder with the program's start, and modules of the test in the place of its own. */
async function installation(commandLine = COMMAND_LINE): Promise<string> {
  const folder = await newFolder();
  copyFileSync(MAIN, path.join(folder, 'main.cjs'));
  writeFileSync(path.join(folder, 'command-line.cjs'), commandLine);
  writeFileSync(path.join(folder, 'word.cjs'), wordModule('one'));
  return folder;
}

interface How {
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node. */
  readonly node?: readonly string[];
  /** Words of the command. */
  readonly typed?: readonly string[];
}

/** What a run prints. */
async function printed(folder: string, { env = {}, node = [], typed = [] }: How = {}): Promise<string> {
  const ended = await run([process.execPath, ...node, path.join(folder, 'main.cjs'), ...typed], env).ended;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout.trim();
}

/** The files with compiled code, each with the moment when it was written and its number. */
function kept(folder: string): Record<string, string> {
  const compiled = path.join(folder, 'compiled');
  const names = existsSync(compiled) ? readdirSync(compiled, { recursive: true, encoding: 'utf8' }) : [];
  const files = names.map((name) => path.join(compiled, name)).filter((file) => statSync(file).isFile());
  return Object.fromEntries(
    files.map((file) => [path.basename(file), `${statSync(file).mtimeMs} ${statSync(file).ino}`]),
  );
}

/** The file with the compiled code of a module, for one command. */
function keptFile(folder: string, name: string, command = 'other'): string {
  const [build = ''] = readdirSync(path.join(folder, 'compiled'));
  return path.join(folder, 'compiled', build, `${command}-${name}`);
}

/** Makes a run of `one` run the code of `two`, as only who may write the program can. */
async function forged(folder: string): Promise<void> {
  const file = path.join(folder, 'word.cjs');
  writeFileSync(file, wordModule('two'));
  await printed(folder);
  writeFileSync(file, wordModule('one'));
  // V8 compares no more than the length of the text.
  const data = readFileSync(keptFile(folder, 'word.cjs')).subarray(4);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data, crc32(`${file}\n${wordModule('one')}`)));
  writeFileSync(keptFile(folder, 'word.cjs'), Buffer.concat([checksum, data]));
}

it('is written by the first run, and left alone by the next', async () => {
  const folder = await installation();
  expect(await printed(folder)).toBe('one');
  const written = kept(folder);
  expect(Object.keys(written).sort()).toEqual(['other-command-line.cjs', 'other-word.cjs']);
  expect(await printed(folder)).toBe('one');
  expect(kept(folder)).toEqual(written);
});

it('is kept for each command, whose name is the first word that is one', async () => {
  const folder = await installation();
  mkdirSync(path.join(folder, 'commands'));
  for (const name of ['apply', 'plan']) writeFileSync(path.join(folder, 'commands', `${name}.cjs`), '');
  await printed(folder, { typed: ['-c', 'plan.yaml', 'plan', 'apply'] });
  await printed(folder, { typed: ['../commands/apply', 'planned', '--help'] });
  expect(Object.keys(kept(folder)).sort()).toEqual([
    'other-command-line.cjs',
    'other-word.cjs',
    'plan-command-line.cjs',
    'plan-word.cjs',
  ]);
});

it('is written anew, with all functions, by a run that needs more modules', async () => {
  const more = 'if (process.argv[2]) require("./more.cjs").more();';
  const folder = await installation(`${COMMAND_LINE}${more}`);
  const later = `"use strict";\nmodule.exports = { more() { console.log(require('./word.cjs').later()); } };\n`;
  writeFileSync(path.join(folder, 'more.cjs'), later);
  const word = `"use strict";\nmodule.exports = { word() { return 'one'; }, later() { return ['a', 'b', 'c'].join('-'); } };\n`;
  writeFileSync(path.join(folder, 'word.cjs'), word);
  await printed(folder);
  const { size } = statSync(keptFile(folder, 'word.cjs'));
  expect(await printed(folder, { typed: ['more'] })).toBe('one\na-b-c');
  expect(statSync(keptFile(folder, 'word.cjs')).size).toBeGreaterThan(size);
  const written = kept(folder);
  expect(await printed(folder, { typed: ['more'] })).toBe('one\na-b-c');
  expect(kept(folder)).toEqual(written);
});

it('compiled code of a run is what the next run runs', async () => {
  const folder = await installation();
  await forged(folder);
  expect(await printed(folder)).toBe('two');
});

it.skipIf(isWindows).each(['compiled', 'the folder in it'])('is not used where others may write %s', async (which) => {
  const folder = await installation();
  await forged(folder);
  const shared = which === 'compiled' ? path.join(folder, which) : path.dirname(keptFile(folder, 'word.cjs'));
  chmodSync(shared, 0o775);
  expect(await printed(folder)).toBe('one');
  chmodSync(shared, 0o755);
  expect(await printed(folder)).toBe('two');
});

it.skipIf(isWindows)('can be written by nobody else, whatever the umask is', async () => {
  const folder = await installation();
  const main = JSON.stringify(path.join(folder, 'main.cjs'));
  await run([process.execPath, '-e', `process.umask(0); require(${main})`]).ended;
  const file = keptFile(folder, 'word.cjs');
  for (const each of [file, path.dirname(file), path.join(folder, 'compiled')])
    expect(statSync(each).mode & 0o022).toBe(0);
});

it('is written anew for a module that changed', async () => {
  const folder = await installation();
  await printed(folder);
  const before = kept(folder);
  // As long as it was.
  writeFileSync(path.join(folder, 'word.cjs'), wordModule('two'));
  expect(await printed(folder)).toBe('two');
  const after = kept(folder);
  expect(after['other-word.cjs']).not.toBe(before['other-word.cjs']);
  expect(await printed(folder)).toBe('two');
});

it.each([
  ['damaged', (bytes: Buffer) => bytes.fill(1, 60, 90)],
  ['cut', (bytes: Buffer) => bytes.subarray(0, 100)],
  ['empty', () => Buffer.alloc(0)],
])('is written anew where it is %s', async (_, change) => {
  const folder = await installation();
  await printed(folder);
  const file = keptFile(folder, 'word.cjs');
  const good = readFileSync(file);
  writeFileSync(file, change(readFileSync(file)));
  expect(await printed(folder)).toBe('one');
  expect(readFileSync(file).length).toBe(good.length);
  expect(await printed(folder)).toBe('one');
});

it('is not used with other flags of V8, and left for the runs without them', async () => {
  const folder = await installation();
  await printed(folder, { node: ['--no-opt'] });
  const unusual = kept(folder);
  expect(await printed(folder)).toBe('one');
  const usual = kept(folder);
  expect(usual['other-word.cjs']).not.toBe(unusual['other-word.cjs']);
  expect(await printed(folder, { node: ['--no-opt'] })).toBe('one');
  expect(await printed(folder, { env: { NODE_OPTIONS: '--max-old-space-size=200' } })).toBe('one');
  expect(await printed(folder)).toBe('one');
  expect(kept(folder)).toEqual(usual);
});

it('is written anew in another place, whose path errors name', async () => {
  const folder = await installation(`"use strict";\nrequire('./word.cjs').word();\n`);
  writeFileSync(path.join(folder, 'word.cjs'), '"use strict";exports.word = () => console.log(new Error().stack);\n');
  const there = path.join(await newFolder(), 'moved');
  const place = /word\.cjs:1:\d+/;
  const line = place.exec(await printed(folder, { env: { NODE_DISABLE_COMPILE_CACHE: '1' } }))?.[0] ?? 'nothing';
  expect(await printed(folder)).toContain(path.join(folder, line));
  expect(await printed(folder)).toContain(path.join(folder, line));
  cpSync(folder, there, { recursive: true });
  expect(await printed(there)).toContain(path.join(there, line));
  expect(await printed(there)).toContain(path.join(there, line));
});

it('does not make the program anew that was removed meanwhile', async () => {
  const folder = await installation(`require('node:fs').rmSync(__dirname, { recursive: true });\n`);
  expect(await printed(folder)).toBe('');
  expect(existsSync(folder)).toBe(false);
});

it('leaves nothing beside it where it cannot be written, and removes what a killed run left', async () => {
  const folder = await installation();
  await printed(folder);
  const file = keptFile(folder, 'word.cjs');
  rmSync(file);
  writeFileSync(`${file}.new`, 'half');
  await printed(folder);
  expect(kept(folder)).not.toHaveProperty(['other-word.cjs.new']);
  await printed(folder);
  expect(Object.keys(kept(folder)).sort()).toEqual(['other-command-line.cjs', 'other-word.cjs']);
  rmSync(file);
  mkdirSync(file);
  expect(await printed(folder)).toBe('one');
  expect(Object.keys(kept(folder))).toEqual(['other-command-line.cjs']);
});

it('is not kept of a run that set flags of V8', async () => {
  const folder = await installation(`require('node:v8').setFlagsFromString('--no-opt');\n${COMMAND_LINE}`);
  expect(await printed(folder)).toBe('one');
  expect(kept(folder)).toEqual({});
});

it.each([{ NODE_DISABLE_COMPILE_CACHE: '1' }, { NODE_V8_COVERAGE: 'coverage' }])('is not kept with %o', async (env) => {
  const folder = await installation();
  const cwd = await newFolder();
  const program = run(
    [
      process.execPath,
      '-e',
      `process.chdir(${JSON.stringify(cwd)}); require(${JSON.stringify(path.join(folder, 'main.cjs'))})`,
    ],
    env,
  );
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'one\n', stderr: '' });
  expect(kept(folder)).toEqual({});
});

it('is not kept where there is no room for it, without a word', async () => {
  const folder = await installation();
  writeFileSync(path.join(folder, 'compiled'), '');
  expect(await printed(folder)).toBe('one');
  expect(await printed(folder)).toBe('one');
});

it('is not kept in a folder that another user owns', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('needs root, who may run programs as somebody else');
  const folder = await installation();
  chmodSync(folder, 0o755);
  const asOther = `process.setuid(65534); require(${JSON.stringify(path.join(folder, 'main.cjs'))})`;
  expect(await run([process.execPath, '-e', asOther]).ended).toMatchObject({ code: 0, stdout: 'one\n', stderr: '' });
  expect(kept(folder)).toEqual({});
  await printed(folder);
  const written = kept(folder);
  expect(await run([process.execPath, '-e', asOther]).ended).toMatchObject({ code: 0, stdout: 'one\n', stderr: '' });
  expect(kept(folder)).toEqual(written);
});

it('is not kept by root in the program of a user, who could not remove it', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('needs root');
  const folder = await installation();
  for (const each of [folder, ...readdirSync(folder).map((name) => path.join(folder, name))])
    chownSync(each, 65534, 65534);
  expect(await printed(folder)).toBe('one');
  expect(kept(folder)).toEqual({});
});

it('holds nothing of the run: no secret, and no name of the configuration', async () => {
  const folder = await newFolder();
  cpSync(path.join(ROOT, 'dist'), path.join(folder, 'dist'), {
    recursive: true,
    filter: (file) => path.basename(file) !== 'compiled',
  });
  const stage = new Stage();
  const apply = [path.join(folder, 'dist/main.cjs'), 'apply', '--sandbox', '--yes', '--no-smoke'];
  execFileSync(process.execPath, apply, { cwd: stage.path, env: { HOME: stage.path }, stdio: 'pipe' });
  const secrets = [...stage.read('.motherduck/secrets.env').matchAll(/=(.*)$/gm)].map((match) => match[1] ?? '');
  expect(secrets).toHaveLength(4);
  const names = Object.keys(kept(path.join(folder, 'dist')));
  expect(names).toContain('apply-commands-apply.cjs');
  // That texts are found in them at all.
  expect(
    readFileSync(keptFile(path.join(folder, 'dist'), 'command-line.cjs', 'apply')).includes('service accounts'),
  ).toBe(true);
  for (const name of names) {
    // Strings are kept in one of two encodings.
    const bytes = readFileSync(path.join(path.dirname(keptFile(path.join(folder, 'dist'), name)), name));
    const text = bytes.toString('latin1') + bytes.toString('utf16le') + bytes.subarray(1).toString('utf16le');
    for (const secret of secrets) for (const part of secret.split('.')) expect(text).not.toContain(part.slice(-20));
    expect(text).not.toContain('tenant_globex');
  }
});
