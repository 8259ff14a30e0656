import { globMatcher } from '../../model/username.ts';
import { hasEnded, matcherOf } from '../acceptance.ts';
import type { Evidence } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** Only if everything that the entry is about was checked. */
export const acceptanceUnused: Rule = {
  id: 'MDA037',
  name: 'acceptance-unused',
  severity: 'note',
  title: 'An entry of audit.accept matches no finding.',
  help: 'What it accepted is fixed, or its rule or globs are mistyped. It would accept a later finding that nobody has seen. Remove the entry, or correct it.',
  afterOthers: true,
  *check(evidence, { findings, unchecked }) {
    if (!evidence.isComplete) return;
    for (const acceptance of evidence.desired.acceptances) {
      if (hasEnded(acceptance, evidence.now) || findings.some(matcherOf(acceptance))) continue;
      const { rule, accounts, reason, location } = acceptance;
      if (unchecked.has(rule) || hasUnread(accounts, evidence)) continue;
      const where = accounts === undefined ? '' : ` for ${accounts.join(', ')}`;
      yield {
        message: `accepts ${rule}${where} (${reason}), and no finding matches`,
        fix: { text: 'Remove the entry, or correct its rule or accounts.' },
        location,
      };
    }
  },
};

/** Whether an account that the globs match could not be read, so that its findings are not known. */
function hasUnread(globs: readonly string[] | undefined, { accounts, users }: Evidence): boolean {
  const matches = globs === undefined ? () => true : globMatcher(globs);
  return !users.listed || accounts.some(({ username, obstacle }) => obstacle?.is === 'unreadable' && matches(username));
}
