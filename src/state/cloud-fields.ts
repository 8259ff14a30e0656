/** Fields of the blocks of several kinds. */
import type { StateConfig } from '../model/desired.ts';
import { LOOPBACK_HOST } from '../motherduck/address.ts';

/** The field `prefix`: what every service accepts, so that a state can move. A part of only dots would leave the folder. */
export const PREFIX = {
  title: 'names separated by /, as in motherduck/prod, of letters, digits and . _ = -',
  description: 'The folder of this state alone: motherduck/prod. Left out: nothing else is in the bucket or container.',
  type: 'string',
  pattern: '^(?!\\.{1,2}(/|$))[A-Za-z0-9._=-]+(/(?!\\.{1,2}(/|$))[A-Za-z0-9._=-]+)*$',
  maxLength: 500,
  examples: ['motherduck/prod'],
} as const;

/** The address of an emulator on this computer, as a pattern. Credentials of a cloud go to the hosts of that cloud only. */
export const LOOPBACK = `https?://${LOOPBACK_HOST}(:\\d{1,5})?`;

/** The fields that are texts. */
export function textFields(config: StateConfig): Partial<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
