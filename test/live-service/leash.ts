/** Ends the journey when the process that would clean up after it is gone. */
import type { Reporter } from 'vitest/node';

export class Leash implements Reporter {
  /** That process holds the other end of standard input. The journey is a group of its own (journey.ts): all of it ends. */
  onInit(): void {
    process.stdin.resume().on('end', () => process.kill(0, 'SIGKILL'));
    if ('unref' in process.stdin) process.stdin.unref();
  }
}
