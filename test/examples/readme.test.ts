/** What the examples' READMEs tell to type can be typed, and what they show is what comes. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { wrongWith } from '../commands/command-line.ts';
import { installMdacc, shell } from '../commands/shell.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';
import { hasConfiguration, missing, readmes, readText, stepsOf, untypeable } from './markdown.ts';

describe('a command that cannot be typed is noticed', () => {
  it.each([
    ['aply', 'no command aply of mdacc'],
    ['sandbox', 'no command  of sandbox'],
    ['plan --prun', 'plan has no option --prun'],
    ['plan --format yaml', '--format does not take yaml'],
    ['rotate', 'rotate does not take 0 arguments'],
    ['plan --sandbox lab', 'plan does not take 1 arguments'],
    ['plan one', 'plan does not take 1 arguments'],
  ])('%s', (line, message) => {
    expect(wrongWith(line.split(' '))).toBe(message);
  });
});

describe.each(readmes())('%s', (readme) => {
  const text = readText(readme);

  it('shows commands that can be typed', () => {
    expect(untypeable(text)).toEqual([]);
  });

  it('leads to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target]) => target ?? '');
    const folder = path.join(ROOT, path.dirname(readme));
    expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
  });

  // What a pipeline runs is tested with the pipelines.
  it.runIf(!isWindows && hasConfiguration(readme) && !/github-actions|gitlab-ci/.test(readme))(
    'shows what the commands print',
    { timeout: 120_000 },
    async () => {
      const folder = Stage.copyOf(path.dirname(readme));
      installMdacc(folder);
      const steps = stepsOf(text);
      expect(steps.length).toBeGreaterThan(3);
      for (const step of steps) {
        const { stdout, stderr } = await shell(folder, step.command);
        expect(missing(step, stdout), `$ ${step.command}\n${stdout.slice(-2000)}${stderr.slice(-500)}`).toEqual([]);
      }
    },
  );
});
