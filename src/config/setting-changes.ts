/** In which settings two configurations differ, as they are written, and their variables, which are not replaced. */
import { maskCredentials } from '../model/credential.ts';
import type { SettingChange } from '../model/notice.ts';
import { Problems } from '../yaml/diagnostic.ts';
import { DOLLARS, Environment } from '../yaml/environment.ts';
import { ALIAS_BUDGET, parseSource } from '../yaml/parse.ts';
import { sourceOf } from '../yaml/source.ts';
import { child, entriesOf, fromEnvironment, itemsOf, type Node, textOf } from '../yaml/tree.ts';

/** The blocks whose changes a plan shows by itself. */
const PLANNED = new Set(['accounts', 'duckling_pools', 'templates', 'include']);
/** Those that decide most come first, as a long message is cut. */
const FIRST = ['guardrails', 'state', 'secret_stores'];

/**
 * The settings that differ between two texts of a main file, those that decide most first. A block that only one of them has is
 * one setting, `secret_stores.vault`, and so is a list. Credentials are masked.
 */
export function settingChanges(before: string, after: string): SettingChange[] {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  const rank = ({ name, before: old }: SettingChange) => {
    const block = FIRST.indexOf(name.split('.')[0] ?? '');
    return (block === -1 ? FIRST.length : block) * 2 + (old === undefined ? 1 : 0);
  };
  return differing(was, is, '')
    .filter(({ name }) => !isWholePolicy(name))
    .sort((a, b) => rank(a) - rank(b));
}

/** Tokens of a new policy are in the plan; what changes of a policy may wait for their next rotation. */
function isWholePolicy(name: string): boolean {
  return /^token_policies(\.[^.]*)?$/.test(name);
}

/** A value as it is written. Keys are in Maps, so that `__proto__` is a key like any other. */
type Written = ReadonlyMap<string, Written> | readonly Written[] | string | number | boolean | null;

/** The names of the environment variables that the text of a file uses. */
export function variablesIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (node: Node | undefined): void => {
    for (const { value } of entriesOf(node).values()) look(value);
    for (const item of itemsOf(node)) look(item);
    if (!fromEnvironment(node)) return;
    for (const [, name] of (node.env?.raw ?? '').matchAll(DOLLARS)) if (name !== undefined) found.add(name);
  };
  look(rootOf(text));
  return found;
}

/** The patterns of `include` in the text of a main file. */
export function includesIn(text: string): readonly string[] {
  return itemsOf(child(rootOf(text), 'include')).flatMap((pattern) => textOf(pattern) ?? []);
}

function rootOf(text: string): Node | undefined {
  const context = { environment: new Environment({}), problems: new Problems(), aliasBudget: ALIAS_BUDGET };
  return parseSource(sourceOf('configuration', text), context);
}

function settingsOf(text: string): ReadonlyMap<string, Written> {
  return new Map(
    [...entriesOf(rootOf(text))].flatMap(([name, { value }]) =>
      PLANNED.has(name) || name.startsWith('x-') ? [] : [[name, written(value)] as const],
    ),
  );
}

function written(node: Node): Written {
  if (node.kind === 'map') return new Map([...node.entries].map(([name, { value }]) => [name, written(value)]));
  if (node.kind === 'list') return node.items.map(written);
  if (node.env !== undefined) return node.env.raw;
  return typeof node.value === 'string' ? node.value.replaceAll('$', '$$$$') : node.value;
}

function differing(before: Written | undefined, after: Written | undefined, name: string): SettingChange[] {
  if (before instanceof Map && after instanceof Map) {
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) =>
      differing(before.get(key), after.get(key), name === '' ? key : `${name}.${key}`),
    );
  }
  if (json(before) === json(after)) return [];
  return [
    {
      name,
      ...(before === undefined ? {} : { before: shown(before) }),
      ...(after === undefined ? {} : { after: shown(after) }),
    },
  ];
}

function shown(value: Written): string {
  return maskCredentials(typeof value === 'string' ? value : json(value));
}

function json(value: Written | undefined): string {
  const asObject = (_: string, each: unknown) => (each instanceof Map ? Object.fromEntries(each) : each);
  return JSON.stringify(value, asObject) ?? '';
}
