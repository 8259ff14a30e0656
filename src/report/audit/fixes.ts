/** One fix, with one command, for findings of a rule whose commands differ only in a name. */
import type { Finding } from '../../model/audit.ts';
import type { Hint } from '../../model/user-error.ts';

/** How many names a command takes in a report; with more, the first is an example. */
const MAX_NAMES = 8;

/** The findings by rule and by fix, where commands that differ only in a name are the same; in their order. */
export function groupByFix(findings: readonly Finding[]): Finding[][] {
  const rules = new Map<string, Map<string, Finding[]>>();
  for (const finding of findings) {
    const { rule, fix } = finding;
    const groups = rules.get(rule) ?? new Map<string, Finding[]>();
    rules.set(rule, groups);
    const key = JSON.stringify([fix.text, takesNames(fix.command)?.base ?? fix.command]);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...rules.values()].flatMap((groups) => [...groups.values()]);
}

/**
 * One fix for findings of one group: the names of their commands in one command. With more than `most` names, the first
 * `shown` are an example.
 */
export function sharedFix(fixes: readonly Hint[], most = MAX_NAMES, shown = 1): Hint {
  const [first = { text: '' }] = fixes;
  const parts = takesNames(first.command);
  const all = [...new Set(fixes.flatMap(({ command }) => takesNames(command)?.name ?? []))];
  if (parts === undefined || all.length < 2) return first;
  const names = all.length > most ? all.slice(0, shown) : all;
  const { base, option } = parts;
  // A smoke test of more accounts than needed does no harm.
  if (names.length < all.length && base[0] === 'smoke')
    return { ...first, text: `${first.text.replace(/\.$/, '')} (of every account)`, command: base };
  const times = `(for the first ${names.length === 1 ? '' : `${names.length} `}of ${all.length})`;
  const text = names.length < all.length ? `${first.text.replace(/\.$/, '')} ${times}` : first.text;
  return { ...first, text, command: [...base, ...names.flatMap((name) => (option ? [option, name] : [name]))] };
}

/** The parts of a command that takes several names; undefined for any other. Commands that change something that cannot be undone stay apart. */
function takesNames(
  command: Hint['command'],
): { readonly base: readonly string[]; readonly option?: '--only'; readonly name: string } | undefined {
  const [verb = '', second, third, fourth, ...more] = command ?? [];
  if (second === undefined || more.length > 0) return undefined;
  if (verb === 'plan' && second === '--prune' && third === '--only' && fourth !== undefined) {
    return { base: [verb, second], option: third, name: fourth };
  }
  if (fourth !== undefined) return undefined;
  if (verb === 'import' || verb === 'rotate') {
    if (third === undefined && !second.startsWith('-')) return { base: [verb], name: second };
  }
  if ((verb === 'apply' || verb === 'smoke') && second === '--only' && third !== undefined) {
    return { base: [verb], option: second, name: third };
  }
  return undefined;
}
