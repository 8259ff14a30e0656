/** The names of several accounts, `tenant_2` before `tenant_10`: in short as ranges, and all of them, folded where they are many. */
import { html, type Markup, nameList } from '../../page/markup.ts';
import { rangesText } from '../groups.ts';

/** More names are folded. */
const OPEN = 12;
/** The number of names, or ranges of names, before the folded list. */
const SHOWN = 12;

const NATURAL = new Intl.Collator('en', { numeric: true });

/** Names in a list, which is folded when it is long. */
export function accountNameList(given: readonly string[]): Markup {
  const names = [...given].sort(NATURAL.compare);
  if (names.length <= OPEN) return nameList(names);
  return html`<p>${rangesOf(names)}</p><details><summary>All ${names.length} names</summary>${nameList(names)}</details>`;
}

/** The ranges of the names alone, where all names are listed elsewhere: `tenant_1 … tenant_180`. */
export function rangesOf(names: readonly string[]): string {
  return rangesText([...names].sort(NATURAL.compare), SHOWN).replaceAll(' ... ', ' … ');
}
