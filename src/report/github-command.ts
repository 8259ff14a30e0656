/** Workflow commands of GitHub Actions, which become annotations. */
import { printable } from './escape.ts';

/** One command on its own line. Its text may have several lines, and cannot end the command or begin another. */
export function githubCommand(
  name: 'error' | 'warning',
  properties: Readonly<Record<string, string>>,
  text: string,
): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${property(printable(value))}`);
  const lines = text.split('\n').map(printable).join('\n');
  return `::${name} ${given.join(',')}::${data(lines)}\n`;
}

/** A line break would end the command and could begin another; `##[` begins a command of the older syntax. */
function data(text: string): string {
  return text.replaceAll('##[', '# #[').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
