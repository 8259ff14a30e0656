/** The pattern of a service account's name. MotherDuck also accepts Unicode letters; like its Terraform provider, we take ASCII. */
export const USERNAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{2,254}$/;

/**
 * MotherDuck compares usernames without regard to case; two names are one account when their keys are equal. Of other
 * letters than ASCII, which no name here has, some become ASCII in lower case (the Kelvin sign), so they stay as they are.
 */
export function accountKey(username: string): string {
  return username.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Tells whether a name matches one of the globs (`*`, `?`), ignoring case as MotherDuck does in usernames. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  // Thousands of plain names are looked up rather than tried one by one.
  const names = new Set(globs.filter((glob) => !isGlob(glob)).map(accountKey));
  const patterns = globs.filter(isGlob).map((glob) => [...accountKey(glob)]);
  return (name) => {
    const key = accountKey(name);
    if (names.has(key)) return true;
    const characters = patterns.length === 0 ? [] : [...key];
    return patterns.some((pattern) => matchesGlob(pattern, characters, isSameCharacter));
  };
}

/** Whether a text is a glob, that is, has a `*` or a `?`. */
function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

function isSameCharacter(pattern: string, character: string): boolean {
  return pattern === '?' || pattern === character;
}

/**
 * Whether characters match a pattern in which `*` stands for any number of them. Only the last star is ever tried again,
 * so at most pattern times text comparisons are made, whatever the pattern.
 *
 * @param same Compares one character of the pattern, not `*`, with one of the text.
 */
export function matchesGlob(
  pattern: readonly string[],
  characters: readonly string[],
  same: (pattern: string, character: string) => boolean,
): boolean {
  let at = 0;
  let next = 0;
  let lastStar = -1;
  let resume = 0;
  while (next < characters.length) {
    const one = pattern[at];
    if (one === '*') {
      lastStar = at;
      resume = next;
      at += 1;
    } else if (one !== undefined && same(one, characters[next] ?? '')) {
      at += 1;
      next += 1;
    } else if (lastStar >= 0) {
      // The last star takes one character more.
      at = lastStar + 1;
      resume += 1;
      next = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
