import { applyEdits, type Node, parseTree } from 'jsonc-parser';
import type { TokenAddress } from '../../../model/secret.ts';
import { NotASecretsFile, parseSecrets, type SecretsText } from './secrets-text.ts';

/** An object in the text and its members by name; the last one of a repeated name, as with `JSON.parse`. */
interface Members {
  readonly node: Node;
  readonly byName: ReadonlyMap<string, Node>;
}

/** The layout of the file, which new members follow. */
interface JsonLayout {
  /** The indentation of one level; undefined: everything is on one line. */
  readonly indent: string | undefined;
  readonly eol: string;
  /** Between a name and its value, for example `: `. */
  readonly colon: string;
}

/**
 * The text of a JSON secrets file, `{"<account>": {"<token>": "<secret>"}}`. Only the secrets that are set change; every
 * other byte stays, including the indentation and numbers that JavaScript would round.
 */
export class JsonText implements SecretsText {
  readonly #text: string;
  readonly #accounts: Members;
  readonly #layout: JsonLayout;
  /** The secrets that were set, by account and token; maps, since a name may be `__proto__`. */
  readonly #set = new Map<string, Map<string, string>>();

  readonly #removed = new Map<string, Set<string>>();

  /** @throws NotASecretsFile */
  constructor(text: string) {
    // JSON.parse is strict; the parser with positions accepts more than JSON.
    parseSecrets(text);
    const mark = text.startsWith('\uFEFF') ? 1 : 0;
    this.#text = text.slice(mark).trim() === '' ? `${text.slice(0, mark)}{}\n` : text;
    this.#accounts = membersOf(treeOf(this.#text));
    this.#layout = layoutOf(this.#text, this.#accounts.node);
  }

  current({ account, token }: TokenAddress): string[] {
    const set = this.#set.get(account)?.get(token);
    if (set !== undefined) return [set];
    const tokens = this.#accounts.byName.get(account);
    const value: unknown = tokens?.type === 'object' ? membersOf(tokens).byName.get(token)?.value : undefined;
    return typeof value === 'string' ? [value] : [];
  }

  /** @throws NotASecretsFile */
  set({ account, token }: TokenAddress, value: string): void {
    const tokens = this.#accounts.byName.get(account);
    if (tokens !== undefined && tokens.type !== 'object') {
      throw new NotASecretsFile(`the value of "${account}" is not an object`);
    }
    const old = tokens === undefined ? undefined : membersOf(tokens).byName.get(token);
    if (old !== undefined && old.type !== 'string' && old.type !== 'null') {
      throw new NotASecretsFile(`the value of "${account}"."${token}" is not a text`);
    }
    this.#removed.get(account)?.delete(token);
    const set = this.#set.get(account) ?? new Map<string, string>();
    this.#set.set(account, set.set(token, value));
  }

  remove({ account, token }: TokenAddress): void {
    this.#set.get(account)?.delete(token);
    this.#removed.set(account, (this.#removed.get(account) ?? new Set()).add(token));
  }

  pieces(): string[] {
    return [withoutMembers(this.#withSecrets(), this.#removed)];
  }

  #withSecrets(): string {
    const edits: { offset: number; length: number; content: string }[] = [];
    const newAccounts: [name: string, value: string][] = [];
    for (const [account, set] of this.#set) {
      if (set.size === 0) continue;
      const node = this.#accounts.byName.get(account);
      if (node === undefined) newAccounts.push([account, this.#object(set)]);
      else {
        const tokens = membersOf(node);
        const newTokens: [name: string, value: string][] = [];
        for (const [token, secret] of set) {
          const old = tokens.byName.get(token);
          if (old === undefined) newTokens.push([token, JSON.stringify(secret)]);
          else edits.push({ offset: old.offset, length: old.length, content: JSON.stringify(secret) });
        }
        if (newTokens.length > 0) edits.push(this.#added(node, newTokens, 1));
      }
    }
    if (newAccounts.length > 0) edits.push(this.#added(this.#accounts.node, newAccounts, 0));
    return applyEdits(this.#text, edits);
  }

  /** The edit that adds members after the last one of an object, with the same spacing. `level` is the object's depth. */
  #added(object: Node, members: readonly [string, string][], level: number) {
    const last = object.children?.at(-1);
    if (last === undefined) {
      return { offset: object.offset, length: object.length, content: this.#braces(members, level) };
    }
    const before = object.children?.at(-2);
    const gap = this.#text.slice(before === undefined ? object.offset + 1 : end(before), last.offset);
    const isFirstOnLine = before === undefined && !gap.includes('\n');
    const space = isFirstOnLine ? (this.#layout.colon.endsWith(' ') ? ' ' : '') : gap.replace(',', '');
    const content = members.map((member) => `,${space}${this.#member(member)}`).join('');
    return { offset: end(last), length: 0, content };
  }

  #object(tokens: ReadonlyMap<string, string>): string {
    return this.#braces(
      [...tokens].map(([token, secret]) => [token, JSON.stringify(secret)]),
      1,
    );
  }

  #braces(members: readonly [string, string][], level: number): string {
    const { indent, eol, colon } = this.#layout;
    const texts = members.map((member) => this.#member(member));
    if (indent === undefined) return `{${texts.join(colon.endsWith(' ') ? ', ' : ',')}}`;
    const outer = `${eol}${indent.repeat(level)}`;
    return `{${texts.map((text) => `${outer}${indent}${text}`).join(',')}${outer}}`;
  }

  #member([name, value]: readonly [string, string]): string {
    return `${JSON.stringify(name)}${this.#layout.colon}${value}`;
  }
}

/** The text without these members of its accounts, and without accounts that have no others. */
function withoutMembers(text: string, removed: ReadonlyMap<string, ReadonlySet<string>>): string {
  if ([...removed.values()].every(({ size }) => size === 0)) return text;
  const edits: Edit[] = [];
  const isEmptied = (account: Node) => {
    const tokens = removed.get(nameOf(account));
    const [, value] = account.children ?? [];
    if (tokens === undefined || value?.type !== 'object') return false;
    const isGone = (token: Node) => tokens.has(nameOf(token));
    if (value.children?.some(isGone) && value.children.every(isGone)) return true;
    edits.push(...removals(value, isGone));
    return false;
  };
  const root = treeOf(text);
  const emptied = new Set((root.children ?? []).filter(isEmptied));
  return applyEdits(text, [...edits, ...removals(root, (account) => emptied.has(account))]);
}

type Edit = Parameters<typeof applyEdits>[1][number];

/** The edits that remove members of an object, each with one comma. */
function removals(object: Node, isGone: (member: Node) => boolean): Edit[] {
  const members = object.children ?? [];
  const first = members.findIndex((member) => !isGone(member));
  if (first === -1 && members.length > 0) return [{ offset: object.offset, length: object.length, content: '{}' }];
  return members.flatMap((member, index) => {
    if (!isGone(member)) return [];
    const before = members[index - 1];
    const from = index < first || before === undefined ? member.offset : end(before);
    const to = index < first ? (members[index + 1]?.offset ?? end(member)) : end(member);
    return [{ offset: from, length: to - from, content: '' }];
  });
}

function nameOf(member: Node): string {
  return String(member.children?.[0]?.value);
}

/** @throws NotASecretsFile when the text is nested too deeply for the parser. */
function treeOf(text: string): Node {
  // A byte order mark is replaced by a space, so that positions stay.
  try {
    const tree = parseTree(text.replace(/^\uFEFF/, ' '));
    if (tree !== undefined) return tree;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new NotASecretsFile('it is nested too deeply');
}

function membersOf(node: Node): Members {
  const byName = new Map<string, Node>();
  for (const { children } of node.children ?? []) {
    const [name, value] = children ?? [];
    if (name !== undefined && value !== undefined) byName.set(String(name.value), value);
  }
  return { node, byName };
}

function layoutOf(text: string, root: Node): JsonLayout {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const first = root.children?.[0];
  const [name, value] = first?.children ?? [];
  if (first === undefined || name === undefined || value === undefined) return { indent: '  ', eol, colon: ': ' };
  const gap = text.slice(root.offset + 1, first.offset);
  const indent = gap.includes('\n') ? gap.slice(gap.lastIndexOf('\n') + 1) : undefined;
  return { indent, eol, colon: text.slice(end(name), value.offset) };
}

function end(node: Node): number {
  return node.offset + node.length;
}
