/** A place where the example was applied, for tests of what comes later. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import type { ExampleOptions } from './example.ts';
import { Place } from './place.ts';

const kept = mkdtempSync(path.join(tmpdir(), 'mdacc-applied-'));
afterAll(() => rmSync(kept, { recursive: true, force: true }));
let isKept = false;

/** The first one without a smoke test is applied by the workflow; the others of the file begin as its copy. */
export async function applied({ smoke = false }: ExampleOptions = {}): Promise<Place> {
  if (isKept && !smoke) return Place.open({ from: kept });
  const place = await Place.open({ smoke });
  const { apply } = await place.run('apply.yml', { event: place.push(() => {}) });
  expect(apply?.status, apply?.log).toBe('success');
  if (!smoke) {
    place.saveTo(kept);
    isKept = true;
  }
  return place;
}
