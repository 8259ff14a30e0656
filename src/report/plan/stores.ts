/** Where the secrets of a plan go: who reviews a change of the configuration must see that before they are there. */
import { storesOf } from '../../model/action.ts';
import type { Plan, UsedStore } from '../../model/plan.ts';
import { shellWord } from '../../model/shell.ts';
import { counted, few, NAMES_SHOWN } from '../../model/wording.ts';
import { printable, visibleAscii } from '../escape.ts';

/** A line about a store: `Secrets go to vault`, and the command. */
export interface StoreLine {
  readonly text: string;
  /** A command as typed in a shell, or a path. */
  readonly exact: string;
  /** `3 tokens`, `overwrite: true` and what it means. */
  readonly note?: string;
  /** It is of a store that is new, or to which secrets go that are elsewhere now. */
  readonly isNew: boolean;
}

/** The lines of all stores. */
export function storeLines({ stores = [], actions }: Pick<Plan, 'stores' | 'actions'>): StoreLine[] {
  const writes = (store: string) => actions.filter((action) => storesOf(action).includes(store)).length;
  return stores.flatMap((store) => [...written(store, writes(store.store)), ...removed(store)]);
}

function written(used: UsedStore, now: number): StoreLine[] {
  const { store, writes, path, absolute, tokens, command, input, check } = used;
  if (!writes && tokens === 0) return [];
  const name = printable(store);
  const to = {
    text: `${writes ? 'Secrets' : 'Later secrets'} go to ${name}`,
    exact: shellText(command ?? [path ?? '']) + (absolute === undefined ? '' : `, which is ${shellText([absolute])}`),
    note: noteOf(used, now),
    isNew: isNew(used),
  };
  return [
    to,
    ...(input === undefined
      ? []
      : [{ text: `${name} reads on standard input`, exact: visibleAscii(input), isNew: to.isNew }]),
    ...(check === undefined ? [] : [{ text: `${name} is checked with`, exact: shellText(check), isNew: to.isNew }]),
  ];
}

function isNew({ new: isNewStore, elsewhere, by_earlier_script: earlier }: UsedStore): boolean {
  return isNewStore === true || elsewhere !== undefined || earlier !== undefined;
}

/** @param now How many secrets the plan writes. */
function noteOf(
  { tokens, uncreated = 0, elsewhere, by_earlier_script: earlier, overwrite, runs, ...store }: UsedStore,
  now: number,
): string {
  return [
    tokensText(tokens, [
      [now, 'now'],
      [tokens - now - uncreated, 'at later rotations'],
      [uncreated, 'once created'],
    ]),
    ...(store.new ? ['new store'] : []),
    ...(elsewhere ? [`not there yet: ${few(elsewhere.map((name) => printable(name)))}`] : []),
    ...(earlier ? [`stored by an earlier version of its script: ${few(earlier.map((name) => printable(name)))}`] : []),
    ...(runs
      ? [
          `runs ${few(
            runs.map((path) => visibleAscii(path)),
            NAMES_SHOWN.list,
          )} of this repository`,
        ]
      : []),
    ...(overwrite ? ['overwrite: true, so values that are not of this state are replaced'] : []),
  ].join('; ');
}

/** `3 tokens`, or when each part of them has its secret stored. */
function tokensText(tokens: number, parts: readonly (readonly [count: number, when: string])[]): string {
  const [first, ...others] = parts.filter(([count]) => count > 0);
  if (first === undefined || others.length === 0) return counted(tokens, 'token');
  const [count, when] = first;
  return [`${counted(count, 'token')} ${when}`, ...others.map(([more, later]) => `${more} ${later}`)].join(', ');
}

/** The secrets that leave are named elsewhere. */
function removed(used: UsedStore): StoreLine[] {
  const { store, removes, remove } = used;
  if (remove === undefined) return [];
  return [
    {
      text: `${removes ? 'Secrets' : 'Later, secrets'} are removed from ${printable(store)} with`,
      exact: shellText(remove),
      isNew: isNew(used),
    },
  ];
}

/** A command of a shell. A word with characters that are not ASCII, or invisible, is escaped, as in `$'a\\n'`. */
function shellText(words: readonly string[]): string {
  return words
    .map((word) =>
      visibleAscii(word) === word ? shellWord(word) : `$'${visibleAscii(word.replace(/[\\']/g, '\\$&'))}'`,
    )
    .join(' ');
}
