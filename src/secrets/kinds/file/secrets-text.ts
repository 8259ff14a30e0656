import type { TokenAddress } from '../../../model/secret.ts';

/** The text of a secrets file, in which secrets can be set; nothing else of it changes. */
export interface SecretsText {
  /** The token's secrets in the file; a dotenv file may assign a variable more than once. */
  current(entry: FileEntry): readonly string[];
  /** @throws UnquotableError, NotASecretsFile */
  set(entry: FileEntry, secret: string): void;
  /** Removes the token's secrets. */
  remove(entry: FileEntry): void;
  /** The text in pieces, so that a large file never is one string. */
  pieces(): Iterable<string>;
}

/** A token's entry in the file: by variable in a dotenv file, by account and token in a JSON file. */
export interface FileEntry extends TokenAddress {
  readonly variable: string;
}

/** A dotenv file cannot represent the secret without quotes. */
export class UnquotableError extends Error {}

/** The file is not a JSON secrets file; the message quotes nothing of it. */
export class NotASecretsFile extends Error {
  /** The format that the file has instead of its store's. */
  readonly format: 'dotenv' | 'json' | undefined;

  constructor(message: string, format?: NotASecretsFile['format']) {
    super(message);
    this.format = format;
  }
}

/** Refuses what another program, or the store before its format changed, wrote as JSON. @throws NotASecretsFile */
export function refuseJson(text: string): void {
  if (!/^\uFEFF?\s*\{\s*["}]/.test(text)) return;
  throw new NotASecretsFile('it is JSON, and the store has the format dotenv', 'json');
}

/** The object that a JSON secrets file contains; an empty one for an empty file. @throws NotASecretsFile */
export function parseSecrets(text: string): Readonly<Record<string, unknown>> {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // The parser's message quotes the text around the error, which is likely to be a secret.
    if (/^\s*(?:export\s+)?[A-Za-z_]\w*=/.test(content))
      throw new NotASecretsFile('it is a dotenv file, and the store has the format json', 'dotenv');
    throw new NotASecretsFile('it is not JSON');
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new NotASecretsFile('it is JSON, but not an object');
}
