/** Takes out of a text what a report may not show: secrets, and the names of accounts that are not the suite's. */
import { printableWithout } from '../../src/motherduck/scrub.ts';

export type Redact = (text: string) => string;

const WORD = /[\p{L}\p{N}_.@+-]+/gu;

/**
 * @param secrets looked at anew each time, since they become more
 * @param others names of other people's accounts, lower case
 */
export function redactor(secrets: Iterable<string>, others: ReadonlySet<string>): Redact {
  // A name that is no single word of WORD is looked for as it is.
  const odd = [...others].filter((name) => name.replace(WORD, '') !== '');
  return (text) => {
    let clean = text.replace(WORD, (word) => (isOther(word.toLowerCase(), others) ? OTHER : word));
    for (const name of odd) clean = clean.replace(new RegExp(escaped(name), 'giu'), OTHER);
    for (const secret of secrets) clean = clean.split('\n').map(printableKeepingIndent(secret)).join('\n');
    return clean;
  };
}

const OTHER = '[another account]';

/** A full stop may end a sentence, or be part of an address. */
function isOther(word: string, others: ReadonlySet<string>): boolean {
  return others.has(word) || others.has(word.replace(/[.+-]+$/, ''));
}

function printableKeepingIndent(secret: string): Redact {
  const printable = printableWithout(secret);
  return (line) => (/^ */.exec(line)?.[0] ?? '') + printable(line);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
