/** Whether a text has the first lines of a state, so that advice to restore it harms no other file. */
export function isLikeState(text: string): boolean {
  return /^\s{0,2}"(lineage|serial)"/m.test(text);
}
