import { describe, expect, it } from 'vitest';
import { ChangingLine, canChangeLines, columnsOf, hasBlocks, paintFor } from '../../src/cli/terminal.ts';
import { coloured, plain } from '../../src/report/terminal-text.ts';

const stream = (isTTY: boolean, columns = 80) => ({ isTTY, columns }) as NodeJS.WriteStream;
const terminal = stream(true);
const pipe = stream(false);

describe('colours', () => {
  it.each([
    ['on a terminal', terminal, {}, {}, coloured],
    ['in a pipe', pipe, {}, {}, plain],
    ['on a dumb terminal', terminal, {}, { TERM: 'dumb' }, plain],
    ['with NO_COLOR', terminal, {}, { NO_COLOR: '1' }, plain],
    ['with an empty NO_COLOR', terminal, {}, { NO_COLOR: '' }, coloured],
    ['with --no-color', terminal, { color: false }, { FORCE_COLOR: '1' }, plain],
    ['with FORCE_COLOR', pipe, {}, { FORCE_COLOR: '1' }, coloured],
    ['with FORCE_COLOR on a dumb terminal', terminal, {}, { FORCE_COLOR: '1', TERM: 'dumb' }, coloured],
    ['with FORCE_COLOR=0', terminal, {}, { FORCE_COLOR: '0' }, plain],
    ['with NO_COLOR and FORCE_COLOR', terminal, {}, { FORCE_COLOR: '1', NO_COLOR: '1' }, plain],
  ])('%s', (_where, on, options, env, paint) => {
    expect(paintFor(on, options, env)).toBe(paint);
  });
});

describe('a line that changes', () => {
  it.each([
    ['on a terminal', terminal, {}, {}, true],
    ['in a pipe', pipe, {}, {}, false],
    ['with --quiet', terminal, { quiet: true }, {}, false],
    ['with --debug', terminal, { debug: true }, {}, false],
    ['in CI', terminal, {}, { CI: 'true' }, false],
    ['with CI=false', terminal, {}, { CI: 'false' }, true],
    ['on a dumb terminal', terminal, {}, { TERM: 'dumb' }, false],
    ['without colours', terminal, { color: false }, {}, true],
  ])('%s', (_where, on, options, env, can) => {
    expect(canChangeLines(on, options, env)).toBe(can);
  });
});

it('the width is that of a terminal that has one', () => {
  expect([terminal, pipe, stream(true, 0)].map(columnsOf)).toEqual([80, undefined, undefined]);
});

it.each([
  [{ LANG: 'en_US.UTF-8' }, true],
  [{ LANG: 'C' }, false],
  [{}, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
  [{ LANG: 'ja_JP.UTF-8' }, false],
])('blocks are drawn by the locale %o', (env, has) => {
  expect(hasBlocks(env)).toBe(has);
});

it('a changing line is removed once, and only after it was shown', () => {
  let written = '';
  const stream = {
    write: (text: string) => {
      written += text;
      return true;
    },
  } as NodeJS.WritableStream;
  const line = new ChangingLine(stream);
  line.clear();
  expect(written).toBe('');
  line.show('1/2');
  line.clear();
  line.clear();
  expect(written).toBe('\r\x1b[K1/2\r\x1b[K');
});
