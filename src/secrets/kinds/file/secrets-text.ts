import type { TokenAddress } from '../../../model/secret.ts';

/** The text of a secrets file, read once. Setting a secret changes nothing else. */
export interface SecretsText {
  /** The secrets that the file has for a token now; a dotenv file may name a variable more than once. */
  current(entry: FileEntry): readonly string[];
  set(entry: FileEntry, secret: string): void;
  text(): string;
}

/** A token's entry in the file: a dotenv file has it by the variable, a JSON file by account and token. */
export interface FileEntry extends TokenAddress {
  readonly variable: string;
}

/** A secret that the file's format cannot represent. */
export class NotBare extends Error {}

/** What is wrong with a file of the JSON format; the message quotes nothing of the file. */
export class NotASecretsFile extends Error {}

/** The object that a JSON secrets file contains; an empty one for an empty file. @throws NotASecretsFile */
export function parseSecrets(text: string): Readonly<Record<string, unknown>> {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // The parser's own message quotes the text around the mistake, which is likely to be a secret.
    throw new NotASecretsFile('it is not JSON');
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new NotASecretsFile('it is JSON, but not an object');
}
