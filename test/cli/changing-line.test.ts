import { expect, it } from 'vitest';
import { ChangingLine } from '../../src/cli/changing-line.ts';

it('takes its line away once, and only where it stands', () => {
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
