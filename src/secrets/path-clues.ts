/** Whether two stores may have their secrets at one secret path, when neither can be read: only the user knows what a command does with its words. */
import type { TokenAddress } from '../model/secret.ts';
import { accountKey } from '../model/username.ts';

/** What a store, or the words of its command, tell of where the secret of a token is. */
export interface PathClues {
  /** What the secret may be called: all that the words say of it, the ends of that, `nameAlone`, and `pathName`s. */
  readonly names: readonly string[];
  /** Of the names, those that leave nothing out. */
  readonly wholes: readonly string[];
  /** The program, without its folder. */
  readonly program: string;
  /** All words; any of them may name the program that is run in the end. */
  readonly words: string;
  /** A word is a text for a shell or another interpreter, which may build any name. */
  readonly hasText?: true;
  /** A script is run, which may run any other program. */
  readonly isScript?: true;
  /** The words name neither account nor token. */
  readonly isConstant?: true;
  /** It is a file store, whose file a script may write as well. */
  readonly isFile?: true;
  /** The token's secret in each file that the words name: `inFile`. */
  readonly files?: readonly string[];
}

/** The name by which a token is called wherever the rest of the name is built by a program. */
export function nameAlone({ account, token }: TokenAddress): string {
  return `\n${accountKey(account)} ${withoutCase(token)}`;
}

/** The name of a token's secret in a file of this machine. @param path Without links. */
export function inFile(path: string, address: TokenAddress): string {
  return `\nfile ${path}${nameAlone(address)}`;
}

const PATH = '\npath ';

/** The name of a secret that has a path of its own. @param path Without links. */
export function pathName(path: string): string {
  return `${PATH}${path}`;
}

/** Equal for names that some stores treat as the same. */
export function withoutCase(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** Whether secrets that are both called `name` may be at one secret path. */
export function mayShareSecretPath(one: PathClues, other: PathClues, name: string): boolean {
  const isByScript = Boolean(one.isScript || other.isScript);
  if (one.isFile) return isByScript;
  const isWhole = [one, other].some(({ wholes }) => wholes.includes(name));
  const isBuilt = one.hasText || other.hasText || (isByScript && one.program !== other.program);
  if (!isWhole && (!isBuilt || one.isConstant || other.isConstant)) return false;
  // Any program may write a path; another name means something to one program alone, which the other has to run.
  if (name.startsWith(PATH)) return true;
  return isByScript || one.words.includes(other.program) || other.words.includes(one.program);
}
