/** Code in a comment, which nothing in it can end. */

/** A block of code. */
export function block(language: string, text: string): string {
  const fence = fenceFor(text, 3);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A text as code, with its length where it is cut. @param most The number of characters that are shown. */
export function inlineCode(whole: string, most: number): string {
  const exact = whole.slice(0, most);
  const count = whole.length.toLocaleString('en');
  const fence = fenceFor(exact, 1);
  const code = fence === '`' ? `${fence}${exact}${fence}` : `${fence} ${exact} ${fence}`;
  return exact === whole ? code : `${code} **and so on, ${count} characters in all; \`mdacc plan\` shows them**`;
}

/** More backticks than the text has in a row, and so many at least. */
function fenceFor(text: string, least: number): string {
  return '`'.repeat([...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length + 1), least));
}
