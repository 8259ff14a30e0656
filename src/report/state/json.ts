import type { State } from '../../model/state.ts';
import { visibleJson } from '../escape.ts';

/** A state, and its text as in the state file. */
export interface ShownState {
  readonly state: State;
  readonly text: string;
}

/** The state as in its file, valid against `schemas/state.schema.json`. */
export function stateJson({ text }: ShownState): string {
  return visibleJson(text);
}
