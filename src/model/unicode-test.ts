/** What ASCII has of the properties of characters. */
const IN_ASCII: Readonly<Record<string, string>> = {
  ...{ L: 'A-Za-z', M: '', N: '0-9' },
  ...{ Cc: String.raw`\0-\x1f\x7f`, Cf: '', Cs: '', Zl: '', Zp: '', DI: '' },
};

/**
 * Returns a function that tells whether a text matches a pattern, in which properties of characters are in brackets:
 * `[\p{L}_]`. They are tables of all of Unicode, which takes milliseconds at start-up; a text of ASCII does without.
 */
export function unicodeTest(pattern: string): (text: string) => boolean {
  let ascii: RegExp | undefined;
  let any: RegExp | undefined;
  return (text) => {
    if (/[^\0-\x7f]/.test(text)) {
      any ??= new RegExp(pattern, 'u');
      return any.test(text);
    }
    ascii ??= new RegExp(
      pattern.replace(/\\p\{(\w+)\}/g, (all, property: string) => IN_ASCII[property] ?? all),
      'u',
    );
    return ascii.test(text);
  };
}
