/** The commands for people who work on the program: what they name is there. CI runs most of them; none is typed here. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { wrongWith } from '../commands/command-line.ts';
import { blocksOf, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { uncommented } from './reader.ts';

const PAGES = ['CONTRIBUTING.md', 'test/live-service/README.md'];

/** Programs of others, which test/backends needs and no other test. */
const OF_OTHERS = ['python3 -m venv', 'npm install --no-save --prefix', 'MDACC_TEST_SERVERS='];

const exists = (file: string) => existsSync(path.join(ROOT, file));

/** What kinds of lines name; undefined when it is there. */
const LACKS: readonly (readonly [RegExp, (...found: readonly string[]) => string | undefined])[] = [
  [/^npm (ci|test)$/, () => undefined],
  [
    /^npm run bench -- (.*)$/,
    (parts = '') => parts.split(' ').find((part) => !/^--/.test(part) && !exists(`test/bench/parts/${part}.mjs`)),
  ],
  [
    /^npm run ([\w:]+)(?: -- .*| .*\.json)?$/,
    (script = '') => (Object.hasOwn(manifest.scripts, script) ? undefined : script),
  ],
  [
    /^npx vitest run --project (\w+)$/,
    (project = '') => (readText('vitest.config.ts').includes(`name: '${project}'`) ? undefined : project),
  ],
  [
    /^npx vitest run (\S+?)(?: -t (\S+))?$/,
    (file = '', words = '') =>
      exists(file) && (words === '' || readText(file).includes(`it('is ${words}`)) ? undefined : file,
  ],
  [/^node dist\/main\.cjs (.*?)(?: > sandbox\.env &)?$/, (words = '') => wrongWith(words.split(' '))],
  [/^set -a; \. \.\/sandbox\.env; set \+a$/, () => undefined],
];

it.each(PAGES)('%s names scripts, files and commands that are there', (page) => {
  const blocks = ['sh', 'console'].flatMap((language) => blocksOf(readText(page), language));
  const lines = blocks
    .join('')
    .trim()
    .split('\n')
    .map((line) => uncommented(line).trim());
  const lacking = lines.filter((line) => {
    if (OF_OTHERS.some((start) => line.startsWith(start))) return false;
    const [, variables = '', command = ''] = /^((?:[A-Z_]+=\S+ )*)(.*?)(?: > report\.md)?$/.exec(line) ?? [];
    const [kind, lacks] = LACKS.find(([pattern]) => pattern.test(command)) ?? [];
    const [, ...found] = kind?.exec(command) ?? [];
    return lacks === undefined || lacks(...found) !== undefined || !areRead(variables);
  });
  expect(lines.length).toBeGreaterThan(5);
  expect(lacking).toEqual([]);
});

/** Whether a test reads each of the variables of a line. */
function areRead(variables: string): boolean {
  const texts = ['test/crash/kinds.test.ts', 'test/live-service/settings.ts', 'test/live-service/main.ts']
    .map(readText)
    .join('');
  const names = [...variables.matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name);
  return names.every((name) => texts.includes(name));
}
