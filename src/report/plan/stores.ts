/** Where the secrets of a plan go: who reviews a change of the configuration must see that before they are there. */
import type { Plan, UsedStore } from '../../model/plan.ts';
import { printable, unseenExcept } from '../escape.ts';
import { shellWord } from '../hint.ts';

/** What is said of a store: `Secrets go to vault`, and the command. */
export interface StoreLine {
  readonly text: string;
  /** A command as typed in a shell, or a path. */
  readonly exact: string;
  /** `overwrite: true` and what it means. */
  readonly note?: string;
}

/** The lines of all stores. */
export function storeLines({ stores = [] }: Pick<Plan, 'stores'>): StoreLine[] {
  return stores.flatMap((store) => [...written(store), ...removed(store)]);
}

function written({ store, writes, path, overwrite, command, check }: UsedStore): StoreLine[] {
  if (!writes && command === undefined) return [];
  const name = printable(store);
  const note = 'overwrite: true, so values that are not of this state are replaced';
  const to = {
    text: `${writes ? 'Secrets' : 'Later secrets'} go to ${name}`,
    exact: exactText(command, path),
    ...(overwrite ? { note } : {}),
  };
  return [to, ...(check === undefined ? [] : [{ text: `${name} is checked with`, exact: shellText(check) }])];
}

/** The secrets that leave are named elsewhere. */
function removed({ store, removes, remove }: UsedStore): StoreLine[] {
  if (remove === undefined) return [];
  return [
    {
      text: `${removes ? 'Secrets' : 'Later, secrets'} are removed from ${printable(store)} with`,
      exact: shellText(remove),
    },
  ];
}

function exactText(command: readonly string[] | undefined, path = ''): string {
  return command === undefined ? shellText([path]) : shellText(command);
}

const UNSEEN = unseenExcept('');

/** A command of a shell. Invisible characters are escaped, as in `$'a\\n'`. */
function shellText(words: readonly string[]): string {
  return words.map((word) => (word.search(UNSEEN()) === -1 ? shellWord(word) : `$'${escaped(word)}'`)).join(' ');
}

function escaped(word: string): string {
  const known = new Map([
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\t', '\\t'],
  ]);
  return word
    .replace(/[\\']/g, '\\$&')
    .replace(UNSEEN(), (one) => known.get(one) ?? `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
}
