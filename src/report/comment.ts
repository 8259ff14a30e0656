/** A report as a comment of a pull request or an issue: how it begins, how a bot finds it again, and what fits. */
import { createHash } from 'node:crypto';
import type { Scope } from '../model/plan.ts';
import { showTime } from '../model/time.ts';
import { markdown, visibleAscii } from './escape.ts';
import { shownState } from './locations.ts';

/** GitHub accepts 65,536 characters in a comment or an issue. */
export const MOST_CHARACTERS = 65_000;

interface Commented {
  readonly organization: string;
  readonly sandbox: boolean;
  readonly scope?: Scope;
}

/** How a comment begins. @param document Its time is ISO 8601. */
export function commentHead(
  report: 'plan' | 'audit',
  summary: string,
  document: Commented & { readonly at: string },
): string[] {
  const { organization, sandbox, at } = document;
  const state = shownState(document);
  return [
    `**${markdown(summary)}**`,
    '',
    commentMarker(report, document),
    `${markdown(organization)}${sandbox ? ', in the sandbox,' : ''} at ${showTime(Date.parse(at))}`,
    ...(state === undefined ? [] : ['', `State: **${markdown(visibleAscii(state))}**`]),
  ];
}

/**
 * A bot finds its own comment by this marker, and updates it instead of adding another. Reports of other accounts or from other
 * files have other markers.
 */
export function commentMarker(report: 'plan' | 'audit', { organization, sandbox, scope }: Commented): string {
  const { configuration, state, only = [], rotate = [], revoke_old, destroy } = scope ?? {};
  const parts = [
    ...[organization, configuration, state, ...only.map((glob) => `--only=${glob}`)],
    ...[
      ...rotate.map((name) => `--rotate=${name}`),
      revoke_old && '--revoke-old',
      destroy && '--destroy',
      sandbox && 'sandbox',
    ],
  ];
  const text = parts.flatMap((part) => (part ? markerWord(part) : [])).join(' ');
  return `<!-- motherduck-accounts ${report}: ${shortened(text)} -->`;
}

/** Different names stay different, and none ends the HTML comment. */
function markerWord(text: string): string {
  return text.replace(/[^\w.,*?=/-]/gu, (character) => `%${character.codePointAt(0)?.toString(16)};`);
}

const MARKER_LENGTH = 500;

function shortened(text: string): string {
  if (text.length <= MARKER_LENGTH) return text;
  return `${text.slice(0, MARKER_LENGTH)}~${createHash('sha256').update(text).digest('hex')}`;
}

/** The number of characters of lines that are joined by line breaks. */
export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** The texts up to the first with which they are longer than so many characters. */
export function firstThatFit<T>(all: readonly T[], characters: number, sizeOf: (one: T) => number): readonly T[] {
  let left = characters;
  const end = all.findIndex((one) => {
    left -= sizeOf(one);
    return left < 0;
  });
  return end === -1 ? all : all.slice(0, end);
}
