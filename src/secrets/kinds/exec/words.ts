/** The words of an exec store's command, in which what is known of a token is put. */

/** What can be put in, by the name that stands in braces. */
export const PLACEHOLDERS = ['account', 'token', 'generation', 'expires_at', 'type'] as const;

export type TokenFacts = Partial<Readonly<Record<(typeof PLACEHOLDERS)[number], string>>>;

/** Puts in what is given, in one pass: what is put in is not looked at again. Other braces stay as they are. */
export function expandWords(words: readonly string[], facts: TokenFacts): string[] {
  const values = new Map(Object.entries(facts));
  return words.map((word) => word.replace(/\{([a-z_]+)\}/g, (braces, name) => values.get(name) ?? braces));
}
