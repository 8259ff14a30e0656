/** What to do about findings of one rule, said once: commands that differ in a name become one that has all names. */
import type { Finding } from '../../model/audit.ts';

export interface Advised {
  readonly findings: readonly Finding[];
  readonly advice: string;
}

/** How many names a command has; for more, the first stands as an example. */
const MOST_NAMES = 8;

/** A command that takes several names, and the one that it has: a word, or one in quotes. What deletes is said one by one. */
const COMMAND =
  /^(?<before>.*?\bmdacc (?:(?:import|rotate)|(?:apply|smoke)(?<option> --only))) (?<name>'(?:[^']|'\\'')*'|[\w./-]*[\w/-])(?<after>(?:[.,]? .*|\.?)?)$/;

/** The findings by rule and by what is to be done; both in the order in which they come. */
export function advised(findings: readonly Finding[]): Advised[] {
  const rules = new Map<string, Map<string, Finding[]>>();
  for (const finding of findings) {
    const ways = rules.get(finding.rule) ?? new Map<string, Finding[]>();
    rules.set(finding.rule, ways);
    const way = wayOf(finding);
    const same = ways.get(way);
    if (same) same.push(finding);
    else ways.set(way, [finding]);
  }
  return [...rules.values()].flatMap((ways) =>
    [...ways.values()].map((same) => ({ findings: same, advice: adviceFor(same.map(({ fix }) => fix)) })),
  );
}

/** What two pieces of advice have in common that can be given as one. */
function wayOf({ fix }: Finding): string {
  const { before, after } = COMMAND.exec(fix)?.groups ?? {};
  return before === undefined ? fix : `${before} … ${after}`;
}

function adviceFor(fixes: readonly string[]): string {
  const different = [...new Set(fixes)];
  const [first = ''] = different;
  if (different.length === 1) return first;
  if (different.length > MOST_NAMES) return `${first.replace(/([^.])$/, '$1.')} So for each of the ${fixes.length}.`;
  const { before = '', option = '', after = '' } = COMMAND.exec(first)?.groups ?? {};
  const names = different.map((fix) => COMMAND.exec(fix)?.groups?.name ?? '');
  return `${ofSeveral(before)} ${names.join(`${option} `)}${ofSeveral(after)}`;
}

/** Advice about one thing becomes advice about several. */
function ofSeveral(text: string): string {
  return text
    .replace(/\bit\b/g, 'them')
    .replace(/\bits\b/g, 'their')
    .replace(/\bthe (account|token)\b/g, 'the $1s');
}
