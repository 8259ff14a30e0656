/** How large the text of a state may be: what a run writes, the next one must be able to read. */
import { UserError } from '../model/user-error.ts';

/**
 * The pieces of a text, up to a size.
 *
 * @param most In bytes.
 * @param name The state's.
 * @throws UserError STATE_UNWRITABLE, at the piece with which they are larger
 */
export function* piecesWithin(pieces: Iterable<string>, most: number, name: string): Generator<string> {
  let size = 0;
  for (const piece of pieces) {
    size += Buffer.byteLength(piece);
    if (size > most) throw tooLarge(name, most);
    yield piece;
  }
}

function tooLarge(name: string, most: number): UserError {
  return new UserError(
    'STATE_UNWRITABLE',
    `${name} would be larger than ${inMegabytes(most)}, which no run can read: the change was not written`,
    'Split the organization into several configurations, each with its own state, or remove accounts that are no longer at MotherDuck, each with state forget ACCOUNT.',
  );
}

/** A limit, for messages. */
export function inMegabytes(bytes: number): string {
  return `${bytes / 2 ** 20} MB`;
}
