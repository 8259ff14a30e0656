/** A stage where the example was applied, for tests of what comes later. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { CiStage } from './ci-stage.ts';
import type { ExampleOptions } from './example.ts';

const kept = mkdtempSync(path.join(tmpdir(), 'mdacc-applied-'));
afterAll(() => rmSync(kept, { recursive: true, force: true }));
let isKept = false;

/** The first one without a smoke test is applied by the workflow; the others of the file begin as its copy. */
export async function applied({ smoke = false }: ExampleOptions = {}): Promise<CiStage> {
  if (isKept && !smoke) return CiStage.open({ from: kept });
  const stage = await CiStage.open({ smoke });
  const { apply } = await stage.run('apply.yml', { event: stage.push(() => {}) });
  expect(apply?.status, apply?.log).toBe('success');
  if (!smoke) {
    stage.saveTo(kept);
    isKept = true;
  }
  return stage;
}
