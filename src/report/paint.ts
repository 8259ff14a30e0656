/** Marks parts of a text for a terminal; `plain` leaves them as they are. Colours are those of its own palette, which suit light and dark. */
export interface Paint {
  /** A command to type, which `unbroken` keeps on one line. */
  readonly command: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** A blank at which `wrapTo` breaks no line. Unicode assigns no character to this code point. */
export const JOINER = '\ufdd0';

/** Keeps a command on one line of a text that goes through `wrapTo`: half of a command could be pasted and run. */
export function unbroken(command: string): string {
  return command.replaceAll(' ', JOINER);
}

/** Whether there are colours was decided for each stream; Node's `styleText` would ask the environment again. */
function between(on: number, off: number) {
  return (text: string) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`);
}

const same = (text: string) => text;

export const coloured: Paint = {
  command: same,
  bold: between(1, 22),
  dim: between(2, 22),
  green: between(32, 39),
  yellow: between(33, 39),
  red: between(31, 39),
  cyan: between(36, 39),
};

export const plain: Paint = {
  command: same,
  bold: same,
  dim: same,
  green: same,
  yellow: same,
  red: same,
  cyan: same,
};
