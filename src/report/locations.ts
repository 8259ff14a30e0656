/** Files in reports that programs read are named from the root of the repository, whatever the current folder is. */
import type { Validation } from './validate/validation.ts';

/** Names a file for a program. */
export type PathOf = (file: string) => string;

/** The same data, in which the file of every location has another name. */
export function relocated<T>(data: T, pathOf: PathOf): T {
  if (Array.isArray(data)) return data.map((item: unknown) => relocated(item, pathOf)) as T;
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) return data;
  const isLocation = 'line' in data && typeof data.line === 'number';
  const copy = Object.entries(data).map(([key, value]) => [
    key,
    isLocation && key === 'file' && typeof value === 'string' ? pathOf(value) : relocated(value, pathOf),
  ]);
  return Object.fromEntries(copy) as T;
}

/** A validation in which all files have other names. */
export function relocatedValidation(validation: Validation, pathOf: PathOf): Validation {
  return {
    ...validation,
    config: pathOf(validation.config),
    files: validation.files.map(pathOf),
    findings: relocated(validation.findings, pathOf),
    sources: new Map([...validation.sources].map(([file, text]) => [pathOf(file), text])),
  };
}
