import { STORE_KINDS } from '../secrets/stores.ts';
import { CODES } from '../yaml/diagnostic.ts';

const { unused, ...read } = CODES;

/** What every code means: those of the secret stores included. */
export const DIAGNOSTICS: Readonly<Record<string, string>> = {
  ...read,
  ...Object.assign({}, ...STORE_KINDS.map(({ codes }) => codes)),
  unused,
};
