/** Text that is safe to print in a terminal: control and direction-changing characters become a replacement character. */
export function replaceControls(text: string): string {
  return text.replace(/[^\P{C}\t]|[\u2028\u2029]/gu, '\ufffd');
}

/** A name or text from a file for a message: quoted, shortened and safe to print. */
export function quote(text: string): string {
  return quoteWhole(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** The same, of any length: the path of a file or folder to look at is not cut. */
export function quoteWhole(text: string): string {
  return `"${replaceControls(text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t'))}"`;
}
