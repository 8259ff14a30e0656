import { describe, expect, it } from 'vitest';
import { retryWhileBusy } from '../../src/files/system-errors.ts';

/** An operation that fails a number of times before it succeeds, on a platform; records the pauses. */
function trying(failures: number, code: string, platform: NodeJS.Platform) {
  const waited: number[] = [];
  let tried = 0;
  const act = async () => {
    tried += 1;
    if (tried <= failures) throw Object.assign(new Error(code), { code });
    return tried;
  };
  const pause = async (ms: number) => void waited.push(ms);
  return { result: retryWhileBusy(act, { platform, pause }), waited, times: () => tried };
}

describe('a file operation that Windows refuses', () => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('retries after %s, with growing pauses', async (code) => {
    const { result, waited } = trying(3, code, 'win32');
    expect(await result).toBe(4);
    expect(waited).toEqual([20, 40, 60]);
  });

  it('fails after about a second', async () => {
    const { result, waited, times } = trying(99, 'EPERM', 'win32');
    await expect(result).rejects.toMatchObject({ code: 'EPERM' });
    expect(times()).toBe(10);
    expect(waited.reduce((sum, ms) => sum + ms, 0)).toBe(900);
  });

  it.each([
    ['EPERM', 'linux'],
    ['EBUSY', 'darwin'],
    ['ENOSPC', 'win32'],
    ['EEXIST', 'win32'],
  ] as const)('is not %s on %s', async (code, platform) => {
    const { result, times } = trying(1, code, platform);
    await expect(result).rejects.toMatchObject({ code });
    expect(times()).toBe(1);
  });
});
