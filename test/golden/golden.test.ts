/** The golden files hold what tests compare with, and nothing besides. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, read } from './golden.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** The TypeScript below a folder, by its path. */
function sources(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

const FILES = sources(path.dirname(HERE));
const TESTS = [...FILES.values()];

describe('each entry of a golden file', () => {
  const files = readdirSync(HERE).filter((name) => name.endsWith('.txt'));
  it.each(files)('of %s is named by a test', (name) => {
    const entries = [...read(path.basename(name, '.txt') as GoldenFile).keys()];
    const isNamed = (part: string) => TESTS.some((text) => text.includes(part.replace(/^mdacc /, '')));
    const stale = entries.filter((entry) => !entry.split(' > ').every(isNamed));
    expect(stale).toEqual([]);
  });
});

describe('an error of errors.txt', () => {
  /** `Error: message [CODE]` as it is printed, or `CODE: message`, and its hint below. */
  const ERROR = /^(?:(?:Error|Failed): (.+?)(?: \[[A-Z_]+\])?|[A-Z_]+: (.+))\n {2}(\S.*)$/gm;
  const errors = [...read('errors')].flatMap(([entry, text]) =>
    [...text.matchAll(ERROR)].map(([, printed, coded, hint = '']) => ({ entry, message: printed ?? coded, hint })),
  );

  it('has a message without a full stop', () => {
    expect(errors.length).toBeGreaterThan(150);
    expect(errors.filter(({ message }) => message?.endsWith('.'))).toEqual([]);
  });

  it('has a hint of sentences, which may end in what to type or choose from', () => {
    const isHint = (text: string) => /^(?![a-z]+ ).*([.?]|: .+)$|^(chmod|git) /.test(text);
    expect(errors.filter(({ hint }) => !isHint(hint))).toEqual([]);
  });
});

describe('exact English', () => {
  /** What a matcher compares with, where it is written in its parentheses. */
  const EXPECTED =
    /\b(?:toBe|toEqual|toContain|toMatch|toThrow|stringContaining|stringMatching)\(\s*('[^'\n]+'|"[^"\n]+"|`[^`]+`|\/[^\n]+\/\w*)[,)\s]/g;
  const WORDS = /[a-z']+(?:,? [a-z']+){3,}/gi;
  /** Without the quotes of the literal, which would count as apostrophes of its words. */
  const inner = (literal: string) => literal.slice(1, literal.lastIndexOf(literal[0] ?? ''));
  /** A sentence has one of them, and a command or a name has none. */
  const OF_SENTENCES = /\b(?:an?|the|is|are|was|not|no|of|to|it|that|has|have|cannot|nothing)\b/i;

  // The sandbox speaks as MotherDuck does.
  const product = [...sources(path.join(HERE, '../../src'))]
    .filter(([name]) => !name.startsWith('sandbox'))
    .map(([, text]) => text.replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, ''))
    .join('\n');

  it("of the program's texts is in golden files alone", () => {
    const found = [...FILES].flatMap(([name, text]) =>
      [...text.matchAll(EXPECTED)].flatMap(([, expected = '']) =>
        (inner(expected).match(WORDS) ?? [])
          .filter((words) => OF_SENTENCES.test(words) && product.includes(words))
          .map((words) => `${name}: ${words}`),
      ),
    );
    expect(found, 'assert on a code, a kind or a name, or use expectGolden').toEqual([]);
  });
});
