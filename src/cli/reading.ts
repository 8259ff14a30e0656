/** The organization is read, with a bar that shows how far it is. */
import { type LiveQuestion, readLive } from '../live/read.ts';
import type { Live } from '../model/live.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** As `readLive`. */
export async function readShown(question: Omit<LiveQuestion, 'onProgress'>, io: Io): Promise<Live> {
  let progress: Progress | undefined;
  try {
    return await readLive({
      ...question,
      onProgress: (_done, total) => {
        progress ??= new Progress(io, 'Reading accounts', total);
        progress.step();
      },
    });
  } finally {
    progress?.end();
  }
}
