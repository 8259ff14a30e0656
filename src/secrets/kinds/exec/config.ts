import type { SecretStoreConfig } from '../../../model/desired.ts';
import type { Seconds } from '../../../model/duration.ts';

export interface ExecStoreConfig extends SecretStoreConfig {
  readonly kind: 'exec';
  readonly command: readonly string[];
  readonly check?: readonly string[];
  /** Absolute: where both are run, the folder of the main file. */
  readonly folder: string;
  /** Seconds that one command may take. */
  readonly timeout: Seconds;
}

/** The placeholders of a command's words, in braces: `{account}`. */
export const PLACEHOLDERS = ['account', 'token', 'generation', 'expires_at', 'type'] as const;

export type TokenFacts = Partial<Readonly<Record<(typeof PLACEHOLDERS)[number], string>>>;

/** Replaces placeholders in one pass: what is put in is not expanded again. Other braces stay as they are. */
export function expandWords(words: readonly string[], facts: TokenFacts): string[] {
  const values = new Map(Object.entries(facts));
  return words.map((word) => word.replace(/\{([a-z_]+)\}/g, (braces, name) => values.get(name) ?? braces));
}
