/** Clues in the words of a command about where it stores a secret. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { realPathOf } from '../../../files/paths.ts';
import type { TokenAddress } from '../../../model/secret.ts';
import { interpreterOf } from '../../interpreters.ts';
import { inFile, nameAlone, type PathClues, pathName, withoutCase } from '../../path-clues.ts';
import { expand } from './placeholders.ts';

/** @param folder Where the command runs, absolute. */
export function commandClues(command: readonly string[], at: TokenAddress, folder: string): PathClues {
  const { account, token } = at;
  const names = { account, token };
  const named = command.filter((word) => /\{(?:account|token)\}/.test(word));
  const [present, missing] = [true, false].map((isThere) =>
    (['account', 'token'] as const).filter((name) => named.some((word) => word.includes(`{${name}}`)) === isThere),
  ) as [('account' | 'token')[], ('account' | 'token')[]];
  const words = (named.length === 0 ? command : named).map((word) => expand(word, names));
  // `secret/etl/app` may be what another command calls `-mount=secret etl/app`, and a shell's text says what it wants.
  const written = nameOf(words);
  const [name, paths] = [nameOf([...words, ...missing.map((each) => at[each])]), realPaths(named, names, folder)];
  const [program = ''] = command;
  return {
    names: [
      ...new Set([
        ...[name, ...endsOf(name, at, ['account', 'token'])],
        // The input or a script may have the rest of the name, or it is a constant.
        ...(missing.length === 0 ? [] : [written, ...endsOf(written, at, present)]),
        ...paths,
        nameAlone(at),
      ]),
    ],
    wholes: [name, written, ...paths],
    program: basename(program).replace(/\.exe$/i, ''),
    words: command.join(' '),
    ...(named.length === 0 ? { isConstant: true } : {}),
    ...(command.some((word) => /[\s$]/.test(word)) ? { hasText: true } : {}),
    ...(/[\\/]/.test(program) || command.some(mayRunScript) ? { isScript: true } : {}),
    get files() {
      const pieces = command.flatMap((word) => piecesOf(expand(word, names)));
      return pieces
        .map((piece) => resolve(folder, piece))
        .flatMap((path) => (isFile(path) ? [inFile(realPathOf(path), at)] : []));
    },
  };
}

/** Some stores, such as GitHub secrets and key vaults, ignore case or treat `-` and `_` as the same. */
function nameOf(words: readonly string[]): string {
  return withoutCase(words.join(' '))
    .replace(/[/=:. ]+/g, ' ')
    .trim();
}

/** What a name ends with that has the token's names in it, in this order. */
function endsOf(name: string, at: TokenAddress, has: readonly ('account' | 'token')[]): string[] {
  const ends = [...name.matchAll(/ /g)].map(({ index }) => name.slice(index + 1));
  const parts = has.map((each) => withoutCase(at[each]));
  const isWhole = (end: string) => {
    let from = 0;
    return parts.every((part) => {
      const found = end.indexOf(part, from);
      from = found + 1;
      return found >= 0;
    });
  };
  return ends.filter(isWhole);
}

/** Where the words are paths of a folder that exists: links and `..` may lead to it. */
function realPaths(named: readonly string[], names: Readonly<Record<string, string>>, folder: string): string[] {
  const pieces = named.flatMap(piecesOf).filter((piece) => /\{(?:account|token)\}/.test(piece) && piece.includes('/'));
  return pieces.flatMap((piece) => {
    const path = resolve(folder, expand(piece, names));
    const parent = statSync(dirname(path), { throwIfNoEntry: false });
    return parent?.isDirectory() ? [pathName(join(realPathOf(dirname(path)), basename(path)))] : [];
  });
}

/** What may be paths in a word: that of an option, or those of a text. */
function piecesOf(word: string): string[] {
  return word.split(/[\s"'<>|&;()=]+/).filter((piece) => piece !== '');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Whether a word is an interpreter, or names a file by its folder. */
function mayRunScript(word: string): boolean {
  return interpreterOf(word) !== undefined || /^\.{1,2}[\\/]/.test(word);
}
