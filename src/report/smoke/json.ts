import type { Smoke } from '../../model/smoke.ts';
import { jsonText } from '../escape.ts';

/** A smoke test as one JSON document. */
export function smokeJson(smoke: Smoke): string {
  return jsonText({ version: 1, ...smoke });
}
