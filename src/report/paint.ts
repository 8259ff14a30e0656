/** Colours for a terminal; `plain` gives the text as it is. Only colours of its own palette: they suit light and dark. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Whether there are colours was decided for each stream; Node's `styleText` would ask the environment again. */
function between(on: number, off: number) {
  return (text: string) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`);
}

export const coloured: Paint = {
  bold: between(1, 22),
  dim: between(2, 22),
  green: between(32, 39),
  yellow: between(33, 39),
  red: between(31, 39),
  cyan: between(36, 39),
};

const same = (text: string) => text;
export const plain: Paint = { bold: same, dim: same, green: same, yellow: same, red: same, cyan: same };
