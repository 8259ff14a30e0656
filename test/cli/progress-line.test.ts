import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.ts';

const WORK = { what: 'Reading accounts', done: 100, total: 300, seconds: 4, current: 'etl_prod' };
const wide = { columns: 100, hasBlocks: true };

describe('the line of a progress', () => {
  it('has a bar, a count, a rate, the time left, and what is worked on', () => {
    expect(progressLine(WORK, wide)).toBe('Reading accounts [███████░░░░░░░░░░░░░] 100/300  25/s, 8s left  etl_prod');
    expect(progressLine(WORK, { ...wide, hasBlocks: false })).toBe(
      'Reading accounts [#######.............] 100/300  25/s, 8s left  etl_prod',
    );
  });

  it('says nothing of time before two seconds, or before anything is done', () => {
    expect(progressLine({ ...WORK, seconds: 1.9 }, wide)).toContain('100/300  etl_prod');
    expect(progressLine({ ...WORK, done: 0 }, wide)).toContain('0/300  etl_prod');
  });

  it('has a rate of slow work too, and no time left at the end', () => {
    expect(progressLine({ ...WORK, done: 2, total: 3 }, wide)).toContain('2/3  0.5/s, 2s left');
    expect(progressLine({ ...WORK, done: 3, total: 3 }, wide)).toContain('3/3  0.8/s  etl_prod');
    expect(progressLine({ ...WORK, done: 0, total: 0 }, wide)).toContain('[████████████████████] 0/0');
  });

  it('does not say that all is done before it is', () => {
    expect(progressLine({ ...WORK, done: 299 }, wide)).toMatch(/█░\] 299\/300 {2}75\/s, 1s left/);
  });

  it('has the rate of late, since some steps take longer than others', () => {
    const recent = (done: number) => progressLine({ ...WORK, seconds: 60, recent: { done, seconds: 10 } }, wide);
    expect(recent(20)).toContain('100/300  2.0/s, 1m40s left');
    expect(recent(0)).toContain('100/300  etl_prod');
  });

  it('has the time left in the units that people count in', () => {
    const left = (total: number) =>
      /, (\w+) left/.exec(progressLine({ ...WORK, done: 10, total, seconds: 10 }, wide))?.[1];
    expect([11, 69, 70, 140, 3610, 7999].map(left)).toEqual(['1s', '59s', '1m0s', '2m10s', '1h0m', '2h13m']);
  });

  it('is cut in its name first, then in its bar, then in its time', () => {
    const at = (columns: number) => progressLine(WORK, { columns, hasBlocks: true });
    const line = 'Reading accounts [███████░░░░░░░░░░░░░] 100/300  25/s, 8s left';
    expect([73, 72, 71, 70].map(at)).toEqual([`${line}  etl_prod`, `${line}  etl_pr…`, `${line}  etl_p…`, line]);
    expect(at(54)).toBe('Reading accounts [████░░░░░░░] 100/300  25/s, 8s left');
    expect(at(40)).toBe('Reading accounts 100/300  25/s, 8s left');
    expect(at(38)).toBe('Reading accounts [███░░░░░░░] 100/300');
    expect(at(20)).toBe('100/300');
  });

  it.each(['東京'.repeat(30), '👩‍👩‍👧'.repeat(30), 'e\u0301'.repeat(90), '\u001b[2Jno\r\nwhere'])(
    'is never wider than the terminal, and obeys no name: %j',
    (current) => {
      for (let columns = 2; columns <= 120; columns += 1) {
        const line = progressLine({ ...WORK, current }, { columns, hasBlocks: true });
        expect(stringWidth(line)).toBeLessThan(columns);
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    },
  );
});
