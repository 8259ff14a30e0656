import { STATE_VERSION } from './state-json.ts';

/** A state document of some version, as it was parsed. */
export type StateDocument = Readonly<Record<string, unknown>>;

export interface Migrations {
  /** The version that all of them lead to. */
  readonly to: number;
  /** By version: makes a document of the next one. */
  readonly steps: ReadonlyMap<number, (document: StateDocument) => StateDocument>;
}

/** Version 1 is the first. The next one is a line here: `[1, (document) => ({ ...document, version: 2, ... })]`. */
export const MIGRATIONS: Migrations = { to: STATE_VERSION, steps: new Map() };

/** Brings a document to the current version, step by step; undefined when there is no way from its version. */
export function migrate(document: StateDocument, from: number, migrations: Migrations): StateDocument | undefined {
  let current = document;
  for (let version = from; version < migrations.to; version++) {
    const step = migrations.steps.get(version);
    if (step === undefined) return undefined;
    current = step(current);
  }
  return current;
}
