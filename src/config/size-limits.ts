/** How large a configuration may be: a small file of a pull request must not take all of the memory. */
import { child, entriesOf, type Node, textOf } from '../yaml/tree.ts';

/** The maximum total size of the files of a configuration, in bytes. */
export const MAX_BYTES = 10 * 1024 * 1024;
const MAX_STORES = 200;
export const MAX_ACCOUNTS = 50_000;
const MAX_TOKENS = 200_000;
/** Of one account, with those of its template. */
const MAX_TOKENS_OF_ACCOUNT = 2_000;

/** What to do about a configuration that is too large. */
export const SPLIT = 'split the organization into several configurations, each with its own state';

/** What is too large, and what to do. */
export interface TooLarge {
  readonly node: Node;
  readonly message: string;
  readonly hint: string;
}

/** The secret stores of a configuration that are too many. */
export function tooManyStores(stores: Node | undefined): TooLarge | undefined {
  if (stores === undefined || entriesOf(stores).size <= MAX_STORES) return undefined;
  return {
    node: stores,
    message: `there are more than ${MAX_STORES} secret stores`,
    hint: 'let accounts share stores',
  };
}

/** The account with which there are too many tokens. It has its own and those of its template, so a small file can have very many. */
export function tooManyTokens(files: readonly { readonly root?: Node }[]): TooLarge | undefined {
  const sections = (name: string) => files.flatMap(({ root }) => [...entriesOf(child(root, name)).values()]);
  const sizeOf = (node: Node | undefined): number => entriesOf(child(node, 'tokens')).size;
  const templates = new Map(sections('templates').map(({ key, value }) => [key, sizeOf(value)]));
  let left = MAX_TOKENS;
  for (const { value: node } of sections('accounts')) {
    const size = sizeOf(node) + (templates.get(textOf(child(node, 'template')) ?? '') ?? 0);
    left -= size;
    const isLarge = size > MAX_TOKENS_OF_ACCOUNT;
    if (left >= 0 && !isLarge) continue;
    const [who, most] = isLarge ? ['an account has', MAX_TOKENS_OF_ACCOUNT] : ['the accounts have', MAX_TOKENS];
    const hint = isLarge ? 'divide its tokens among several accounts' : SPLIT;
    return { node, message: `${who} more than ${most.toLocaleString('en')} tokens`, hint };
  }
  return undefined;
}
