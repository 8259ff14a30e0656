/** Fields of the blocks of several kinds. */
import type { StateConfig } from '../model/desired.ts';

/** The field `prefix`. A part of only dots would leave the folder. */
export const PREFIX = {
  title: 'names separated by /, as in motherduck/prod, of letters, digits and . _ = -',
  description: 'The folder in which the state is kept, one for each configuration: motherduck/prod.',
  type: 'string',
  pattern: '^(?!\\.{1,2}(/|$))[A-Za-z0-9._=-]+(/(?!\\.{1,2}(/|$))[A-Za-z0-9._=-]+)*$',
  maxLength: 500,
  examples: ['motherduck/prod'],
} as const;

/** The address of an emulator on this computer, as a pattern. Credentials of a cloud go to the hosts of that cloud only. */
export const LOOPBACK = 'https?://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:\\d{1,5})?';

/** The fields that are texts. */
export function textFields(config: StateConfig): Partial<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
