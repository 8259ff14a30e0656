/** Help on terminals of several widths. */
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { outputOf, Stage } from '../stage.ts';

it.each([
  ['--help', 50],
  ['plan --help', 50],
  ['plan --help', 72],
  ['destroy --help', 160],
  ['rotate', 30],
])(
  '%s on %i columns breaks lines between words, at 100 columns at most, and never within a command',
  async (words, columns) => {
    const stage = new Stage();
    const shown = async (code: string) => {
      const { stdout, stderr } = await outputOf(
        stage.spawn(words, {}, { node: ['--import', `data:text/javascript,${code}`] }),
      );
      return stdout + stderr;
    };
    const terminal = ['stdout', 'stderr'].map((of) => `process.${of}.isTTY=true;process.${of}.columns=${columns}`);
    const [text, piped] = [await shown(terminal.join(';')), await shown('')];
    const long = text.split('\n').filter((line) => stringWidth(line) > Math.min(100, columns));
    expect(long.filter((line) => !/^ *mdacc /.test(line))).toEqual([]);
    for (const [example] of piped.matchAll(/(?<=^ *)mdacc .*$/gm)) expect(text).toContain(example);
    expect(text.split(/\s+/)).toEqual(piped.split(/\s+/));
  },
);
