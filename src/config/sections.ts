import type { Problems } from '../yaml/problems.ts';
import { child, type Entry, entriesOf, type Node } from '../yaml/tree.ts';
import { quote } from '../yaml/wording.ts';
import type { ConfigFile } from './read.ts';

/** The sections of a configuration with the files put together; what only the main file may hold is below `main`. */
export interface Sections {
  readonly main: Node;
  readonly stores: ReadonlyMap<string, Entry>;
  readonly policies: ReadonlyMap<string, Entry>;
  readonly pools: ReadonlyMap<string, Entry>;
  readonly templates: ReadonlyMap<string, Entry>;
  readonly accounts: ReadonlyMap<string, Entry>;
}

/** Puts the files together. A name that stands in two of them is reported with both places; the first one counts. */
export function joinFiles(main: Node, files: readonly ConfigFile[], problems: Problems): Sections {
  const joined = (section: string): ReadonlyMap<string, Entry> => {
    const names = new Map<string, Entry>();
    for (const { root } of files) {
      for (const [name, entry] of entriesOf(child(root, section))) {
        const first = names.get(name);
        if (first === undefined) names.set(name, entry);
        else {
          problems.error('duplicate-name', entry.keyAt, `${quote(name)} stands twice under ${section}`, {
            related: { message: 'it stands first', at: first.keyAt },
            hint: 'remove one, or give it another name',
          });
        }
      }
    }
    return names;
  };
  return {
    main,
    stores: entriesOf(child(main, 'secret_stores')),
    policies: joined('token_policies'),
    pools: joined('duckling_pools'),
    templates: joined('templates'),
    accounts: joined('accounts'),
  };
}
