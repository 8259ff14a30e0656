import { maskCredentials } from '../model/credential.ts';
import { defined } from '../model/defined.ts';
import type { Acceptance } from '../model/desired.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import { locationOf } from '../yaml/source.ts';
import { child, itemsOf, type Node, textOf, textsOf } from '../yaml/tree.ts';
import { checkGlobs } from './check-globs.ts';

/** Reads audit.accept. Entries with errors of their structure, which are reported, are left out. */
export function acceptancesOf(main: Node, problems: Problems): Acceptance[] {
  const list = child(child(main, 'audit'), 'accept');
  const all = itemsOf(list).flatMap((entry) => acceptanceOf(entry, problems) ?? []);
  const globs = all.flatMap(({ accounts = [] }) => accounts);
  if (list !== undefined) checkGlobs(globs, list.at, problems);
  return all;
}

function acceptanceOf(entry: Node, problems: Problems): Acceptance | undefined {
  const [rule, reason] = [textOf(child(entry, 'rule')), textOf(child(entry, 'reason'))];
  const accounts = textsOf(child(entry, 'accounts'));
  const end = child(entry, 'until');
  const until = textOf(end);
  if (end !== undefined && until !== undefined && /^\d{4}-\d\d-\d\d$/.test(until) && !isDay(until)) {
    problems.error('bad-value', end.at, `there is no day ${showNode(end)}`);
  }
  if (rule === undefined || reason === undefined) return undefined;
  return {
    rule,
    // It is in every report.
    reason: maskCredentials(reason),
    ...defined({ accounts, until }),
    location: locationOf(entry.at),
  };
}

/** Not `2027-02-30`. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
