/** Finds text that only a shell would replace, `~/` and `$NAME`: commands run without a shell. */
import { interpreterOf, programName } from './interpreters.ts';

/** Programs whose own texts have dollar signs: those after them are theirs. */
const OWN_LANGUAGE = /^(ssh|jq|yq|[gmn]?awk|sed|perl|ruby|php)$/;
/** `-c`, also with other letters: `-euc`. */
const RUNS_TEXT = /^-[a-z]*c$|^-command$/i;

/** What a shell would replace in a path or address; the value of `${NAME}` is replaced already. */
export function unexpandedIn(word: string): string | undefined {
  const text = word.replace(/\$\{[A-Za-z_]\w*\}/g, '');
  const [home] = /^~(?=[/\\]|$)/.exec(text) ?? /(?<==)~(?=\/)/.exec(text) ?? [];
  if (home !== undefined) return home;
  // A text with spaces may be a program's own language.
  const pattern = /\s/.test(text) ? /^\$[A-Za-z_]\w*(?=[/\\])/ : /(?:^|(?<=[/\\=:@,]))\$[A-Za-z_]\w*/;
  return pattern.exec(text)?.[0];
}

/** The same for each word of a command; a shell's own text (`sh -c …`) is replaced by that shell. */
export function unexpandedWords(words: readonly string[]): (string | undefined)[] {
  let [own, shell] = [false, false];
  return words.map((word, at) => {
    const isText = own || (shell && RUNS_TEXT.test(words[at - 1] ?? ''));
    const found = isText ? undefined : unexpandedIn(word);
    own ||= OWN_LANGUAGE.test(programName(word));
    shell ||= interpreterOf(word)?.isShell ?? false;
    return found;
  });
}

/** How to write it so that it is replaced. */
export function expandedForm(found: string): string {
  return found === '~' ? '${' + 'HOME}' : `\${${found.slice(1)}}`;
}
