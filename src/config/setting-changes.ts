/** In which settings two configurations differ, as they are written, and their variables, which are not replaced. */
import { maskCredentials } from '../model/credential.ts';
import type { SettingChange } from '../model/notice.ts';
import { DOLLARS, EnvironmentVariables } from '../yaml/environment.ts';
import { ALIAS_BUDGET, parseSource } from '../yaml/parse.ts';
import { Problems } from '../yaml/problems.ts';
import { sourceOf } from '../yaml/source.ts';
import { child, entriesOf, fromEnvironment, itemsOf, type Node, textOf } from '../yaml/tree.ts';

/** The blocks whose changes a plan shows by itself, but for those settings of accounts and tokens that no action shows. */
const PLANNED = new Set(['accounts', 'duckling_pools', 'templates', 'include']);
/** The settings with the largest effect come first, since a long message is cut. */
const FIRST = ['guardrails', 'state', 'secret_stores'];

/** The settings of an account of which a plan shows each change by itself; of tokens, `tokenChanges` has the others. */
const PLANNED_OF_ACCOUNT = new Set(['tokens', 'suspended', 'deletion_protection']);
/** Those that a plan leaves as they are where the configuration says less than before. */
const LEFT_WHERE_REMOVED = new Set(['ducklings', 'setup']);

/** What decides when a token is replaced and revoked. */
const TOKEN_SETTINGS = ['policy', 'ttl', 'rotate_before', 'jitter', 'overlap', 'description'];

/** The texts of a configuration. Of included files, those are enough that differ. */
interface ConfigurationTexts {
  readonly main: string;
  readonly included?: readonly string[];
}

/**
 * The settings that differ between two configurations, those that decide most first. A block that only one of them has is
 * one setting, `secret_stores.vault`, and so is a list. Credentials are masked.
 */
export function settingChanges(before: ConfigurationTexts, after: ConfigurationTexts): SettingChange[] {
  const [was, is] = [blocksOf(before), blocksOf(after)];
  const rank = ({ name, before: old }: SettingChange) => {
    const block = FIRST.indexOf(name.split('.')[0] ?? '');
    return (block === -1 ? FIRST.length : block) * 2 + (old === undefined ? 1 : 0);
  };
  const settings = differingSettings(settingsIn(was), settingsIn(is), '').filter(({ name }) => !isWholePolicy(name));
  const ofPools = removals(was.get('duckling_pools'), is.get('duckling_pools'), 'duckling_pools');
  const ofAccounts = ['templates', 'accounts'].flatMap((block) => accountChanges(block, was.get(block), is.get(block)));
  return [...settings, ...ofPools.filter(({ name }) => name.split('.').length > 2), ...ofAccounts].sort(
    (a, b) => rank(a) - rank(b),
  );
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
  const context = { environment: new EnvironmentVariables({}), problems: new Problems(), aliasBudget: ALIAS_BUDGET };
  return parseSource(sourceOf('configuration', text), context);
}

/** The blocks of all texts, those of one name as one. */
function blocksOf({ main, included = [] }: ConfigurationTexts): ReadonlyMap<string, Written> {
  const blocks = new Map<string, Written>();
  for (const text of [main, ...included]) {
    for (const [name, { value }] of entriesOf(rootOf(text))) {
      const block = written(value);
      blocks.set(name, block instanceof Map ? new Map([...mapOf(blocks.get(name)), ...block]) : block);
    }
  }
  return blocks;
}

function settingsIn(blocks: ReadonlyMap<string, Written>): ReadonlyMap<string, Written> {
  return new Map([...blocks].filter(([name]) => !PLANNED.has(name) && !name.startsWith('x-')));
}

function mapOf(value: Written | undefined): ReadonlyMap<string, Written> {
  return value instanceof Map ? value : new Map();
}

/** The settings of accounts, or templates, that differ and that no action shows. Of a new one, whether it is tested. */
function accountChanges(block: string, before: Written | undefined, after: Written | undefined): SettingChange[] {
  const old = mapOf(before);
  return [...mapOf(after)].flatMap(([name, value]) => {
    const path = `${block}.${name}`;
    const [was, is] = [mapOf(old.get(name)), mapOf(value)];
    if (!old.has(name)) return differingSettings(undefined, is.get('smoke'), `${path}.smoke`);
    const own = [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => {
      if (PLANNED_OF_ACCOUNT.has(key)) return [];
      const compare = LEFT_WHERE_REMOVED.has(key) ? removals : differingSettings;
      return compare(was.get(key), is.get(key), `${path}.${key}`);
    });
    return [...own, ...tokenChanges(was, is, path)];
  });
}

/** Settings that are not there any more. */
function removals(before: Written | undefined, after: Written | undefined, name: string): SettingChange[] {
  return differingSettings(before, after, name).filter((change) => change.after === undefined);
}

/** The settings of an account's tokens that differ and that no action shows. */
function tokenChanges(
  was: ReadonlyMap<string, Written>,
  is: ReadonlyMap<string, Written>,
  path: string,
): SettingChange[] {
  const [old, current] = [mapOf(was.get('tokens')), mapOf(is.get('tokens'))];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((key) => {
    // Without a template to have it from, the token is new or leaves: the plan shows it.
    const isShown = (!old.has(key) && !was.has('template')) || (!current.has(key) && !is.has('template'));
    return isShown
      ? []
      : differingSettings(tokenSettings(old.get(key)), tokenSettings(current.get(key)), `${path}.tokens.${key}`);
  });
}

function tokenSettings(token: Written | undefined): ReadonlyMap<string, Written> {
  const settings = typeof token === 'string' ? new Map([['policy', token]]) : mapOf(token);
  return new Map([...settings].filter(([name]) => TOKEN_SETTINGS.includes(name)));
}

function written(node: Node): Written {
  if (node.kind === 'map') return new Map([...node.entries].map(([name, { value }]) => [name, written(value)]));
  if (node.kind === 'list') return node.items.map(written);
  if (node.env !== undefined) return node.env.raw;
  return typeof node.value === 'string' ? node.value.replaceAll('$', '$$$$') : node.value;
}

function differingSettings(before: Written | undefined, after: Written | undefined, name: string): SettingChange[] {
  if (before instanceof Map && after instanceof Map) {
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) =>
      differingSettings(before.get(key), after.get(key), name === '' ? key : `${name}.${key}`),
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
