import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { interruptible, whileAsking } from '../../src/cli/signals.ts';
import { noContext } from '../../src/report/hint.ts';
import { expectGolden } from '../golden/golden.ts';

/** Interrupts while the work waits, and gives what was said then. */
async function saidAt(wait: (stopped: Promise<void>) => Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const io = { note: (text: string) => void said.push(text) } as Io;
  await interruptible(io, async (stopping) => {
    const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
    const waiting = wait(stopped);
    process.emit('SIGTERM', 'SIGTERM');
    await waiting;
  });
  return said;
}

describe('an interruption', () => {
  it('of work says what becomes of what is in flight', async () => {
    const [text = '', ...more] = await saidAt((stopped) => stopped);
    expectGolden('warnings', 'an interruption > of work says what becomes of what is in flight', text);
    expect(more).toEqual([]);
  });

  it('that comes twice ends the process, and says how to go on', async () => {
    const said: string[] = [];
    const changing = { clear: () => void said.push('cleared'), show: () => undefined };
    const io = { note: (text: string) => void said.push(text), changing, inContext: noContext };
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    onTestFinished(() => exit.mockRestore());
    const twice = interruptible(io as unknown as Io, async () => {
      process.emit('SIGTERM', 'SIGTERM');
      process.emit('SIGTERM', 'SIGTERM');
    });
    await expect(twice).rejects.toThrow('exit 130');
    expect(said).toEqual([expect.any(String), 'cleared', expect.stringMatching(/mdacc plan$/)]);
  });

  it('of a question says nothing of it, since nothing is', async () => {
    expect(await saidAt((stopped) => whileAsking(() => stopped))).toEqual([]);
  });

  it('after a question is one of work again', async () => {
    await whileAsking(async () => 'yes');
    expect(await saidAt((stopped) => stopped)).toHaveLength(1);
  });
});
