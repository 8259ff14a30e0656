/** The placeholders in what an exec store runs and writes. */

/** The placeholders in a command's words: `{account}`. */
export const PLACEHOLDERS = ['account', 'token', 'generation', 'expires_at', 'type'] as const;

/** A placeholder in a text, by its name. */
export const PLACEHOLDER = /\{([a-z_][a-z0-9_]*)\}/g;

/** The placeholders for the secret in the input: as it is, as a JSON string with its quotes, and in base64. */
export const SECRET_PLACEHOLDERS = ['secret', 'secret_json', 'secret_base64'] as const;

/** The values of placeholders; absent ones are not replaced. */
export type TokenFacts = Partial<Readonly<Record<(typeof PLACEHOLDERS)[number], string>>>;

/** Replaces placeholders in one pass: values are not expanded again, and other braces stay. */
export function expandWords(words: readonly string[], facts: TokenFacts): string[] {
  return words.map((word) => expand(word, facts));
}

/** The same for one text, also with the placeholders for the secret. */
export function expand(text: string, facts: Readonly<Record<string, string>>): string {
  const values = new Map(Object.entries(facts));
  return text.replace(PLACEHOLDER, (braces, name) => values.get(name) ?? braces);
}
