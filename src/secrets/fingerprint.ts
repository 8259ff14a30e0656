import { createHash } from 'node:crypto';

/** Ends the domain of the hash, so that it is no other program's hash of the same secret. */
const DOMAIN = 'motherduck-accounts secret fingerprint 1\0';

/**
 * The fingerprint of a secret, by which a state recognizes the value that it wrote. MotherDuck's secrets have hundreds of
 * random bits, so the fingerprint reveals nothing of them; and 128 bits are enough that no two secrets have the same one.
 */
export function fingerprintOf(secret: string): string {
  return hashOf(DOMAIN, secret);
}

/** The hash of a command's words, a dot and that of the files that it runs, by which a state recognizes the command that stored a secret. */
export function commandHash(words: readonly string[], files: readonly string[]): string {
  const [ofWords, ofFiles] = [words, files].map((texts) =>
    texts.length === 0 ? '' : hashOf('motherduck-accounts command 1\0', JSON.stringify(texts)),
  );
  return `${ofWords}.${ofFiles}`;
}

function hashOf(domain: string, text: string): string {
  return createHash('sha256').update(domain).update(text).digest().subarray(0, 16).toString('base64url');
}
