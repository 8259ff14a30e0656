import { quote } from '../model/quote.ts';
import type { Problems } from '../yaml/problems.ts';
import { child, entriesOf, type MapEntry, type Node } from '../yaml/tree.ts';

/** The sections of a configuration, merged from its files. Sections of the main file only are in `main`. */
export interface Sections {
  readonly main: Node;
  readonly stores: ReadonlyMap<string, MapEntry>;
  readonly policies: ReadonlyMap<string, MapEntry>;
  readonly pools: ReadonlyMap<string, MapEntry>;
  readonly templates: ReadonlyMap<string, MapEntry>;
  readonly accounts: ReadonlyMap<string, MapEntry>;
}

/** Merges the sections of all files. A name in two files is reported with both locations; the first one is used. */
export function joinFiles(main: Node, files: readonly { readonly root?: Node }[], problems: Problems): Sections {
  const joined = (section: string): ReadonlyMap<string, MapEntry> => {
    const names = new Map<string, MapEntry>();
    for (const { root } of files) {
      for (const [name, entry] of entriesOf(child(root, section))) {
        const first = names.get(name);
        if (first === undefined) names.set(name, entry);
        else {
          problems.error('duplicate-name', entry.keyAt, `${quote(name)} is repeated under ${section}`, {
            related: { message: 'first defined', at: first.keyAt },
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
