import type { StateConfig } from '../model/desired.ts';
import type { StateBackend } from './backend.ts';
import * as catalog from './catalog.ts';
import { file } from './kinds/file.ts';
import type { StateContext, StateKind } from './state-kind.ts';

/** The default first, then by name. */
export const STATE_KINDS: readonly StateKind[] = Object.values<StateKind>(catalog).sort(
  (a, b) => Number(b === file) - Number(a === file) || (a.kind < b.kind ? -1 : 1),
);

/** The kind with this name. */
export function stateKind(name: string | undefined): StateKind | undefined {
  return STATE_KINDS.find(({ kind }) => kind === name);
}

/** Whether other machines use the same state. */
export function isSharedState(config: StateConfig | undefined): boolean {
  return config !== undefined && config.kind !== file.kind;
}

/** Opens the state that a checked configuration names, without accessing it. @throws UserError STATE_UNREACHABLE */
export function openBackend(config: StateConfig, context: StateContext): Promise<StateBackend> {
  const kind = stateKind(config.kind);
  if (kind === undefined) throw new Error(`there is no kind of state "${config.kind}"`);
  return kind.open(config, context);
}
