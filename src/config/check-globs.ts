import { MAX_GLOBS, sizeOfGlobs } from '../model/username.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';

/** Reports globs of usernames that would take too long to compare. @param at Of the list that they are in */
export function checkGlobs(globs: readonly string[], at: Span, problems: Problems): void {
  if (sizeOfGlobs(globs) <= MAX_GLOBS) return;
  const message = `the globs have more than ${MAX_GLOBS.toLocaleString('en')} characters together`;
  const hint =
    'use shorter globs that match more names, without * and ? in the same one (it counts ten times), or plain names, of which there may be any number';
  problems.error('too-large', at, message, { hint });
}
