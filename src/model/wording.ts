import { dayOf } from './time.ts';

/** `1 account`, `2 accounts`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/**
 * How many names are shown, and the others counted: in a sentence, in a list, and in a refusal, where nothing else shows the rest.
 */
export const NAMES_SHOWN = { sentence: 5, list: 10, refusal: 20 } as const;

/**
 * How many names a command to type has. Of more, one that works without names has none (`optional`), and one that needs them has
 * the first, or a pattern (`needed`).
 */
export const NAMES_TYPED = { optional: 5, needed: 10 } as const;

/** The names for a command that works without them: all, or none of many. */
export function typedNames(names: readonly string[]): readonly string[] {
  return names.length > NAMES_TYPED.optional ? [] : names;
}

/** The options that limit a command to accounts: `--only a --only b`, or none for many. */
export function onlyOptions(accounts: readonly string[]): string[] {
  return typedNames(accounts).flatMap((name) => ['--only', name]);
}

/** `a, b and 3 more`: names for a message, as many as a person reads. */
export function few(names: readonly string[], most: number = NAMES_SHOWN.sentence): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerated(names: readonly string[], joint = 'and'): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${joint} ${last}`;
}

/** `the secret store vault`, or `the secret stores vault and k8s`. */
export function storesText(names: readonly string[]): string {
  return `the secret store${names.length === 1 ? '' : 's'} ${enumerated(names)}`;
}

/** The source of a pattern that matches this text and nothing else. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** `8,760.00 USD`; null is a price that is not known. */
export function priceText(price: number | null, currency?: string): string {
  if (price === null) return 'unknown';
  const text = price.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');
  return currency === undefined ? text : `${text} ${currency}`;
}

/** `expires 2027-02-06`, or `never expires`. @param at ISO 8601 */
export function expiryText(at: string | null): string {
  return at === null ? 'never expires' : `expires ${dayOf(at)}`;
}
