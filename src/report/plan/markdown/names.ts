/** Names in a comment: how many are shown, and how long each may be. */
import { NAMES_SHOWN } from '../../../model/wording.ts';
import { firstThatFit } from '../../comment.ts';
import { markdown } from '../../escape.ts';

/** Characters of a name that is one of many. */
const NAME_LENGTH = 40;

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = names.length): string {
  const shown = names.slice(0, most).map(markdown).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** As many names as fit into so many characters. */
export function listedWithin(names: readonly string[], characters: number): string {
  return listed(names, firstThatFit(names, characters, (name) => markdown(name).length + 2).length);
}

/** `3 accounts (a, b, c)`. */
export function countedNames(names: readonly string[], one: string, many: string): string {
  const count = `${names.length} ${names.length === 1 ? one : many}`;
  const short = names.map((name) => cut(name, NAME_LENGTH));
  return names.length === 0 ? count : `${count} (${listed(short, NAMES_SHOWN.list)})`;
}

/** The beginning of a long text. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
