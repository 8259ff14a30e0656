/** Large enough that a file of megabytes takes few writes; bytes. */
const CHUNK = 1024 * 1024;

/**
 * A text given in pieces, as UTF-8 in chunks of up to a megabyte: a large file is written without being in memory as a whole.
 *
 * @returns Chunks that share one buffer, so each is valid until the next one is asked for.
 */
export function* utf8Chunks(pieces: Iterable<string>): Generator<Uint8Array> {
  let buffer: Buffer | undefined;
  let used = 0;
  for (const piece of pieces) {
    // A UTF-16 unit takes at most three bytes.
    const most = piece.length * 3;
    if (used > 0 && most > CHUNK - used) {
      if (buffer !== undefined) yield buffer.subarray(0, used);
      used = 0;
    }
    if (most > CHUNK) yield Buffer.from(piece);
    else {
      buffer ??= Buffer.allocUnsafeSlow(CHUNK);
      used += buffer.write(piece, used);
    }
  }
  if (buffer !== undefined && used > 0) yield buffer.subarray(0, used);
}
