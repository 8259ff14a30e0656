/** The lines that keep secrets and what belongs to one machine out of git. */
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';

const IGNORED = ['.motherduck/', '.motherduck-sandbox/', 'motherduck.accounts.state.json.lock'];

/** Adds to the .gitignore beside a configuration what is not in it yet. Gives how many lines these were, and its path. */
export async function ignoreInGit(config: string): Promise<{ readonly added: number; readonly file: string }> {
  const file = path.join(path.dirname(config), '.gitignore');
  const text = await readFile(file, 'utf8').catch(() => '');
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !present.has(line));
  if (missing.length > 0)
    await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
  return { added: missing.length, file };
}
