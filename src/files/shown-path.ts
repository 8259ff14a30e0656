import { relative, sep } from 'node:path';

/** A path as people and other programs are shown it, on every system alike: with `/`, which Windows takes too. */
export function shownPath(path: string, separator: string = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}

/** As `shownPath`, from the current folder, which is named in full itself. */
export function shownFromHere(path: string): string {
  return shownPath(relative('', path) || path);
}
