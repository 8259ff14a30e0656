/** A copy that a page shows overwrites nothing of the reader's. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shell } from '../commands/shell.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';
import { allBlocksOf, readmes, readText } from './markdown.ts';

const pages = [...readmes(), 'README.md', ...readdirSync(`${ROOT}/docs`).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

/** The lines of all blocks that copy files into a folder that the reader may have. */
const copiesIn = (text: string) =>
  allBlocksOf(text).flatMap(({ content }) => content.split('\n').filter((line) => /(^|\s)cp\s/.test(line)));

it.each(pages)('%s copies into a new folder, or overwrites nothing', (page) => {
  const unsafe = copiesIn(readText(page)).filter((line) => !/\bcp -r?n |mkdir \S+ && cp /.test(line));
  expect(unsafe).toEqual([]);
});

describe.runIf(!isWindows).each([
  ['github-actions', '.github/workflows/rotate.yml'],
  ['gitlab-ci', 'ci/commit-state.sh'],
])('the pipeline of %s', (name, script) => {
  it('is copied beside a configuration that stays as it is, also twice', async () => {
    const stage = new Stage();
    const own = ['motherduck.accounts.yaml', '.gitignore', 'README.md'];
    for (const file of own.slice(1)) stage.write(file, 'mine\n');
    const before = own.map((file) => stage.read(file));
    const lines = copiesIn(readText(`examples/${name}/README.md`));
    const typed = lines.join('\n').replaceAll('~/my-accounts', stage.path);
    for (let count = 0; count < 2; count += 1) {
      await shell(stage, `cd '${ROOT}'\n${typed}`);
      expect(own.map((file) => stage.read(file))).toEqual(before);
      expect(stage.has(script)).toBe(true);
      stage.write(script, 'mine\n');
    }
    expect(stage.read(script)).toBe('mine\n');
  });
});
