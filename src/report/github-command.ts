/** One workflow command of GitHub Actions, on a line of its own. */
import { printable } from './printable.ts';

/** What it says may have more lines; no text in it can end it, or begin another one. */
export function githubCommand(
  name: 'error' | 'warning',
  properties: Readonly<Record<string, string>>,
  text: string,
): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${property(printable(value))}`);
  const lines = text.split('\n').map(printable).join('\n');
  return `::${name} ${given.join(',')}::${data(lines)}\n`;
}

/** A line break would end the command, and what follows could be another; `##[` is one of an older kind. */
function data(text: string): string {
  return text.replaceAll('##[', '# #[').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
