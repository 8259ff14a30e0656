import type { Smoke } from '../../model/smoke.ts';

/** A smoke test as one JSON document. */
export function smokeJson(smoke: Smoke): string {
  return `${JSON.stringify({ version: 1, ...smoke }, null, 2)}\n`;
}
