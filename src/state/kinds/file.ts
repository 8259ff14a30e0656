import type { StateKind } from '../state-kind.ts';
import { fileBackend } from './file/backend.ts';

/** The kind `file`. */
export const file: StateKind = {
  kind: 'file',
  schema: {
    is: 'a file on this computer (the default)',
    description: 'The state in a file beside the configuration.',
    about: 'file: the state is a file beside the configuration, for one machine, or committed to git.',
    required: [],
    properties: {},
  },
  open: async (_, { defaultFile }) => fileBackend(defaultFile),
};
