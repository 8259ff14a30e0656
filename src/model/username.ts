/** The pattern of a new service account's name. MotherDuck also accepts Unicode letters; like its Terraform provider, mdacc allows ASCII only. */
export const NEW_USERNAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{2,254}$/;

/** What it accepts, in words. */
const NEW_USERNAME_RULE = '3 to 255 characters: a letter (A-Z), then letters, digits and underscores';

/**
 * The pattern of the names that accounts at MotherDuck may have. Names reach the commands of secret stores, file names and the
 * terminal: none is an option, a path or a glob, and none has a character that is not seen (`DI`: those that may be ignored when a text is shown). (`\p{…}` needs the flag `u`.)
 */
export const USERNAME_PATTERN = /^(?!.*\p{DI})[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.@+ -]{0,253}[\p{L}\p{M}\p{N}_.@+-])?$/u;

/** The same of ASCII, as most names are: the pattern takes a millisecond to compile at each start. */
const IN_ASCII = /^[A-Za-z0-9](?:[\w.@+ -]{0,253}[\w.@+-])?$/;

/** What `USERNAME_PATTERN` accepts, in words. */
export const USERNAME_RULE =
  '1 to 255 letters, digits, spaces and _ . @ + -, beginning with a letter or a digit, without a space at the end';

/** Whether an account at MotherDuck may have this name, so that it can be managed. */
export function isUsername(text: string): boolean {
  return IN_ASCII.test(text) || USERNAME_PATTERN.test(text);
}

/** Whether an account of this name can be created. */
export function isNewUsername(text: string): boolean {
  return NEW_USERNAME_PATTERN.test(text);
}

/** What a new account's name has, with a name like this one that is allowed: `…, such as shopify_loader`. */
export function newUsernameRule(like: string): string {
  const plain = like
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_');
  return isNewUsername(plain) ? `${NEW_USERNAME_RULE}, such as ${plain}` : NEW_USERNAME_RULE;
}

/** What to do about an account that does not exist, and that cannot be created under its name. */
export function renameAdvice(username: string): string {
  return `Correct the name if it is misspelled: that of a new account has ${newUsernameRule(username)}.`;
}

/**
 * The key of a username: MotherDuck ignores case, so names with equal keys are the same account. Only ASCII letters are
 * lower-cased, because some others become ASCII in lower case (the Kelvin sign).
 */
export function accountKey(username: string): string {
  return username.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The maximum number of characters of all globs that are compared with names together, so that a long list takes seconds. */
export const MAX_GLOBS = 20_000;

/** What a glob with both `*` and `?` costs: it is compared character by character from each place of a name. */
const SLOW = 10;

/** The number of characters of those globs that are more than names, as `*` and `?` make them; ten times for both in one. */
export function sizeOfGlobs(globs: readonly string[]): number {
  return globs.reduce((sum, glob) => {
    if (!isGlob(glob)) return sum;
    return sum + glob.length * (glob.includes('*') && glob.includes('?') ? SLOW : 1);
  }, 0);
}

/** A list is compiled once, and a name compared with it once: commands ask again for the same ones. */
const matchers = new WeakMap<readonly string[], (name: string) => boolean>();

/** Returns a function that tells whether a username matches one of the globs (`*`, `?`), ignoring case. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  const known = matchers.get(globs);
  if (known !== undefined) return known;
  // Plain names are looked up in a set, as there may be thousands.
  const names = new Set(globs.filter((glob) => !isGlob(glob)).map(accountKey));
  const patterns = globs.filter(isGlob).map((glob) => patternOf(accountKey(glob)));
  const found = new Map<string, boolean>();
  const matches = (name: string) => {
    const before = found.get(name);
    if (before !== undefined) return before;
    const key = accountKey(name);
    const result = names.has(key) || patterns.some((pattern) => pattern(key));
    found.set(name, result);
    return result;
  };
  matchers.set(globs, matches);
  return matches;
}

/** Without `?`, texts are searched, which takes time in proportion to the name whatever the glob. */
function patternOf(glob: string): (key: string) => boolean {
  const parts = glob.split('*');
  const [first = ''] = parts;
  const least = parts.reduce((sum, part) => sum + part.length, 0);
  if (glob.includes('?') || parts.length === 1) {
    const characters = [...glob];
    // A character of a name may be two units of a text; `?` is one unit for any.
    const start = first.includes('?') ? '' : first;
    return (key) => least <= key.length && key.startsWith(start) && matchesGlob(characters, [...key], isSameCharacter);
  }
  const [last = '', middle] = [parts.at(-1), parts.slice(1, -1)];
  return (key) => {
    if (least > key.length || !key.startsWith(first) || !key.endsWith(last)) return false;
    let at = first.length;
    for (const part of middle) {
      const next = key.indexOf(part, at);
      if (next === -1) return false;
      at = next + part.length;
    }
    return at <= key.length - last.length;
  };
}

/** The globs that match none of the names. */
export function unmatchedGlobs(globs: readonly string[], names: readonly string[]): string[] {
  const keys = new Set(names.map(accountKey));
  return globs.filter((glob) => (isGlob(glob) ? !names.some(globMatcher([glob])) : !keys.has(accountKey(glob))));
}

/** Whether a text contains `*` or `?`. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

function isSameCharacter(pattern: string, character: string): boolean {
  return pattern === '?' || pattern === character;
}

/**
 * Whether characters match a pattern in which `*` matches any number of them. Only the last star backtracks, so the number
 * of comparisons is at most the product of both lengths.
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
      // Backtrack: the last star matches one more character.
      at = lastStar + 1;
      resume += 1;
      next = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
