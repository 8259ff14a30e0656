import type { State } from '../../model/state.ts';
import { visibleJson } from '../escape.ts';

/** A state, and its text as in the state file. */
export interface ShownState {
  readonly state: State;
  readonly text: string;
  /** In a sandbox: whether a secret is in the sandbox's folder, in the place of the store's program. */
  readonly isRehearsed?: (account: string, token: string, store: string, fingerprint: string) => boolean;
}

/** The state as in its file, valid against `schemas/state.schema.json`. */
export function stateJson({ text }: ShownState): string {
  return visibleJson(text);
}
