import { isWrittenCredential } from '../model/credential.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';
import { entriesOf, itemsOf, type Node } from '../yaml/tree.ts';
import type { ConfigFile } from './read.ts';

/** Refuses credentials in the names and values of a configuration, since plans show them. Statements of `setup` have a check of their own. */
export function checkCredentials(files: readonly ConfigFile[], problems: Problems): void {
  // What an alias refers to is one node.
  const seen = new Set<Node>();
  // Of 10,000 accounts, most names and values are the same.
  const harmless = new Set<string>();
  const check = (text: string, at: Span) => {
    if (harmless.has(text)) return;
    if (!isWrittenCredential(text)) {
      harmless.add(text);
      return;
    }
    problems.error('credential', at, 'a configuration must not contain a token or another credential', {
      hint: 'remove it from here, and revoke it; a command of a secret store inherits environment variables, and can take it from one',
    });
  };
  const visit = (node: Node) => {
    if (node.kind === 'scalar') {
      const text = node.env?.raw ?? node.value;
      if (typeof text === 'string') check(text, node.at);
      return;
    }
    if (seen.has(node)) return;
    seen.add(node);
    for (const item of itemsOf(node)) visit(item);
    for (const { key, keyAt, value } of entriesOf(node).values()) {
      check(key, keyAt);
      if (key !== 'setup' || value.kind !== 'list') visit(value);
    }
  };
  for (const { root } of files) if (root !== undefined) visit(root);
}
