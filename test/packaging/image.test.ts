/** The Dockerfile: what can be said of it without an engine. Its steps were run in a chroot. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../in-process.ts';

interface Instruction {
  readonly name: string;
  readonly words: string;
}

const textOf = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const instructions = textOf('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Instruction => {
    const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return { name, words };
  });
const all = (name: string) => instructions.filter((each) => each.name === name).map(({ words }) => words);

it('is described on a page, with each argument of its build', () => {
  const page = textOf('docs/ci.md');
  expect(page).toContain('(../Dockerfile)');
  const named = all('ARG').map((words) => words.replace(/=.*/, ''));
  expect(named.filter((name) => !page.includes(`--build-arg ${name}=`))).toEqual([]);
});

it('has known instructions only, and never ADD', () => {
  const known = ['ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'FROM', 'RUN', 'SHELL', 'USER', 'WORKDIR'];
  expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
});

it('begins with a slim image of a Node that the package supports, both times the same', () => {
  const images = all('FROM').map((words) => words.split(' ')[0]);
  expect(new Set(images).size).toBe(1);
  expect(images[0]).toMatch(/^node:24-\w+-slim$/);
});

it('does not run as root, and works in absolute folders', () => {
  expect(all('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(all('WORKDIR').filter((folder) => !folder.startsWith('/'))).toEqual([]);
  expect(instructions.findLastIndex(({ name }) => name === 'RUN')).toBeLessThan(
    instructions.findLastIndex(({ name }) => name === 'USER'),
  );
});

it('leaves no package lists, and installs nothing that it does not name', () => {
  const installs = all('RUN').filter((words) => words.includes('apt-get install'));
  expect(installs).toHaveLength(1);
  for (const words of installs) {
    expect(words).toContain('--no-install-recommends');
    expect(words).toMatch(/rm -rf \/var\/lib\/apt\/lists\/\*$/);
  }
});

it('takes no secret: no variable or argument of a token, and only named files of the checkout', () => {
  expect([...all('ARG'), ...all('ENV')].filter((words) => /token|secret|password/i.test(words))).toEqual([]);
  const [first, ...kept] = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(first).toBe('*');
  expect(kept.filter((line) => !/^!\w[\w.-]*$/.test(line))).toEqual([]);
});

it('copies only what the build context has', () => {
  const context = inContext();
  const sources = all('COPY')
    .filter((words) => !words.startsWith('--from'))
    .flatMap((words) => words.split(' ').slice(0, -1))
    .filter((source) => source !== '.');
  expect(sources.filter((source) => !context.includes(source.split('/')[0] ?? ''))).toEqual([]);
  for (const source of [...sources, ...context]) expect(() => readSome(source), source).not.toThrow();
});

it('has what the package needs to be built', () => {
  const context = inContext();
  const { files } = JSON.parse(textOf('package.json')) as { files: readonly string[] };
  const needed = files.map((file) => file.split('/')[0]).filter((file) => !/^!?dist$/.test(file ?? ''));
  expect(context).toEqual(expect.arrayContaining([...needed, 'package-lock.json', 'scripts', 'src', 'LICENSE']));
});

/** The files and folders of the checkout that a build sees. */
function inContext(): string[] {
  return [...textOf('.dockerignore').matchAll(/^!(.*)$/gm)].map(([, name = '']) => name);
}

function readSome(source: string): void {
  try {
    textOf(source);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
}
