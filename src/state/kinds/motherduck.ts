/** `kind: motherduck`: the state in a table of a database at MotherDuck, one row an object, whose key is the primary key. */
import { STATE_TABLE } from '../../model/defaults.ts';
import { objectBackend } from '../object-backend.ts';
import type { StateKind } from '../state-kind.ts';

/** Not DuckDB's own databases. */
const NAME = '^(?!(system|temp|memory)$)[A-Za-z_][A-Za-z0-9_-]{0,62}$';

/** The kind `motherduck`. */
export const motherduck: StateKind = {
  kind: 'motherduck',
  schema: {
    is: 'a table at MotherDuck',
    description: `The state in the table ${STATE_TABLE} of a database at MotherDuck. It is read and written by SQL as the account of the admin token, so every command that needs the state starts that account's Duckling, which is billed for at least a minute.`,
    about:
      'motherduck: the state is a table at MotherDuck, which the first apply creates. Every run needs an admin token of the same account, since another account does not see its databases.',
    required: ['database'],
    properties: {
      database: {
        title: "a database's name: letters, digits, _ and -, not one of DuckDB's own (system, temp, memory)",
        type: 'string',
        pattern: NAME,
        description:
          "An existing database that the admin token's account owns (CREATE DATABASE ops). The sandbox creates its own.",
        examples: ['ops'],
      },
      schema: {
        title: "a schema's name: letters, digits, _ and -",
        type: 'string',
        pattern: NAME,
        description: 'A schema of the database, which is created if needed: one for each configuration. Default: main.',
        examples: ['prod'],
      },
    },
  },
  open: async (config, context) => {
    const { tableStore } = await import('./motherduck/store.ts');
    return objectBackend(tableStore(config, context));
  },
};
