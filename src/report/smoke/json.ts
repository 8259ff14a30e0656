import type { Smoke } from '../../model/smoke.ts';
import { jsonText } from '../escape.ts';

/** A smoke test as one JSON document, valid against `schemas/smoke.schema.json`. */
export function smokeJson(smoke: Smoke): string {
  return jsonText({ version: 1, ...smoke });
}
