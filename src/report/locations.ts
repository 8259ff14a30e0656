/** Files in reports that programs read are named from the root of the repository, whatever the current folder is. */
import type { Scope } from '../model/plan.ts';
import { ownState } from '../model/state.ts';
import { changedValues } from './changed-values.ts';
import type { Validation } from './validate/validation.ts';

/** Names a file for a program. */
export type PathOf = (file: string) => string;

/** The same data, in which the file of every location has another name. */
export function relocated<T>(data: T, pathOf: PathOf): T {
  return changedValues(data, (value, key, of) => {
    const isFile = key === 'file' && of !== undefined && 'line' in of && typeof of.line === 'number';
    return isFile && typeof value === 'string' ? pathOf(value) : value;
  });
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

/** Where the state is, unless it is the file beside the configuration that is named after it. */
export function shownState({ scope }: { readonly scope?: Scope }): string | undefined {
  return scope === undefined || scope.state === ownState(scope.configuration) ? undefined : scope.state;
}
