/** The hashes by which a saved plan tells whether the configuration has changed. */
import { createHash } from 'node:crypto';

/** What a configuration was read from: its files, and the values of variables in them. */
export class ConfigDigest {
  readonly #parts: { readonly is: 'file' | 'env'; readonly name: string; readonly bytes: Uint8Array }[] = [];

  add(is: 'file' | 'env', name: string, bytes: Uint8Array): void {
    this.#parts.push({ is, name, bytes });
  }

  /** SHA-256 (hex) of everything, in the order in which it was read. */
  hash(): string {
    return hashOf(this.#parts.flatMap(({ is, name, bytes }) => [Buffer.from(is), Buffer.from(name), bytes]));
  }

  /** SHA-256 (hex) of each file, by its name. */
  fileHashes(): Map<string, string> {
    const files = this.#parts.filter(({ is }) => is === 'file');
    return new Map(files.map(({ name, bytes }) => [name, hashOf([bytes])]));
  }
}

/** Hashes parts, each after its length, so that different lists never give the same bytes. */
function hashOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const bytes of parts) hash.update(`${bytes.length}:`).update(bytes);
  return hash.digest('hex');
}
