/** Which findings the configuration accepts. */
import type { AcceptedFinding, Finding } from '../model/audit.ts';
import type { Acceptance } from '../model/desired.ts';
import { DAY_MS } from '../model/time.ts';
import { globMatcher } from '../model/username.ts';

/** Whether its last day has passed. */
export function hasEnded({ until }: Acceptance, now: number): boolean {
  return until !== undefined && now >= Date.parse(until) + DAY_MS;
}

/** Returns a function that tells whether an acceptance is about a finding; its end is another matter. */
export function matcherOf({ rule, accounts }: Acceptance): (finding: Finding) => boolean {
  const matches = accounts === undefined ? undefined : globMatcher(accounts);
  return (finding) =>
    finding.rule === rule && (matches === undefined || (finding.account !== undefined && matches(finding.account)));
}

/** Separates the accepted findings from the others. The first acceptance that matches gives the reason. */
export function separateAccepted(
  findings: readonly Finding[],
  acceptances: readonly Acceptance[],
  now: number,
): { readonly open: Finding[]; readonly accepted: AcceptedFinding[] } {
  const valid = acceptances
    .filter((acceptance) => !hasEnded(acceptance, now))
    .map((acceptance) => ({ acceptance, matches: matcherOf(acceptance) }));
  const open: Finding[] = [];
  const accepted: AcceptedFinding[] = [];
  for (const finding of findings) {
    const match = valid.find(({ matches }) => matches(finding));
    if (match === undefined) open.push(finding);
    else {
      const { rule: _rule, accounts: _accounts, ...acceptance } = match.acceptance;
      accepted.push({ ...finding, acceptance });
    }
  }
  return { open, accepted };
}
