import type { StateJson } from './state-json.ts';
import { type SchemaError, validate } from './state-validator.generated.js';

/** Whether a parsed document is what `schemas/state.schema.json` describes. */
export function isStateJson(document: unknown): document is StateJson {
  return validate(document) === true;
}

/** The first thing that is wrong with a document: a JSON pointer to it and what the matter is. */
export function violationOf(document: unknown): { readonly pointer: string; readonly problem: string } {
  validate(document);
  const first = validate.errors?.[0];
  return first === undefined
    ? { pointer: '', problem: 'is not as it should be' }
    : { pointer: first.instancePath, problem: problemOf(first) };
}

function problemOf({ keyword, params, parentSchema, message }: SchemaError): string {
  if (keyword === 'additionalProperties') return `has an unknown "${String(params.additionalProperty)}"`;
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'pattern') return `is not as it should be: ${String(parentSchema?.description)}`.replace(/\.$/, '');
  return message ?? 'is not as it should be';
}
