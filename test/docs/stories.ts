/** What happens while somebody types the commands of a page: the pages with commands, each with its story. */
import { BEGIN } from './begin.ts';
import { CI } from './ci-stories.ts';
import { EXAMPLES } from './example-stories.ts';
import { ORGANIZATIONS } from './organization-stories.ts';
import type { Reader } from './reader.ts';
import { SANDBOXES } from './sandbox-stories.ts';
import { TOKENS } from './token-stories.ts';

/** Each story gives its reader, who has nothing left to type. */
export const STORIES: Readonly<Record<string, () => Promise<Reader>>> = {
  ...BEGIN,
  ...CI,
  ...EXAMPLES,
  ...ORGANIZATIONS,
  ...SANDBOXES,
  ...TOKENS,
};
