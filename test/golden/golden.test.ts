/** The golden files hold what tests compare with, and nothing besides. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, read } from './golden.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TESTS = readdirSync(path.dirname(HERE), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(path.join(HERE, '..', name), 'utf8'));

describe('each entry of a golden file', () => {
  const files = readdirSync(HERE).filter((name) => name.endsWith('.txt'));
  it.each(files)('of %s is named by a test', (name) => {
    const entries = [...read(path.basename(name, '.txt') as GoldenFile).keys()];
    const isNamed = (part: string) => TESTS.some((text) => text.includes(part.replace(/^mdacc /, '')));
    const stale = entries.filter((entry) => !entry.split(' > ').every(isNamed));
    expect(stale).toEqual([]);
  });
});
