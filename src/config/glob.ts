/** The globs of `include`. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { compareText } from '../model/collections.ts';
import { matchesGlob } from '../model/username.ts';

/** The maximum number of steps of a file below the base of a glob. */
const DEEPEST = 12;
/** How many characters of patterns the globs of a configuration may compare with names of files, so that each ends soon. */
export const GLOB_BUDGET = 10_000_000;
/** Characters. */
const LONGEST = 1000;
/** The maximum number of patterns that the braces of one glob stand for. */
const MAX_ALTERNATIVES = 1000;

/** Whether a file may be included. Other files, such as a secrets file, must not be quoted in errors. */
export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/**
 * The folder in which a glob of `include` starts, relative to the folder of the configuration. Undefined for a pattern that
 * is no glob: it names one file, which must exist.
 */
export function baseOfGlob(pattern: string): string | undefined {
  if (!/[*?{]/.test(pattern)) return undefined;
  const steps = pattern.split('/');
  const first = steps.findIndex((step) => /[*?{]/.test(step));
  return steps.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '');
}

/** Why a glob cannot be followed. */
export class GlobTooLarge extends Error {}

/**
 * The files that a glob matches below a folder, as paths relative to that folder, in alphabetical order. In it `*` and `?`
 * match within a name, `**` any folders, and `{a,b}` either. Folders that are links are not entered; `**` does not look
 * into node_modules and hidden folders.
 *
 * @param budget what is left of GLOB_BUDGET
 * @throws GlobTooLarge
 */
export async function matchingFiles(folder: string, pattern: string, budget: { left: number }): Promise<string[]> {
  const { base, alternatives, levels } = globOf(pattern);
  const found: string[] = [];
  const cost = alternatives.flat().reduce((sum, step) => sum + step.length + 1, 1);
  const walk = async (below: readonly string[]): Promise<void> => {
    for (const entry of await entriesIn(path.join(folder, base, ...below))) {
      budget.left -= cost;
      if (budget.left < 0) throw new GlobTooLarge('looks at too many files');
      const steps = [...below, entry.name];
      if (!entry.isDirectory()) {
        if (alternatives.some((alternative) => matchesSteps(alternative, steps)))
          found.push(path.posix.join(base, ...steps));
      } else if (steps.length < levels && isEntered(entry.name)) {
        await walk(steps);
      }
    }
  };
  await walk([]);
  return found.sort(compareText);
}

/** Whether a glob, or the name of a file, names a file below a folder; both are relative to it, with `/`. */
export function isNamedBy(pattern: string, file: string): boolean {
  if (baseOfGlob(pattern) === undefined) return path.posix.normalize(pattern) === file;
  try {
    const { base, alternatives, levels } = globOf(pattern);
    const steps = path.posix.relative(base, file).split('/');
    if (steps.length > levels || !steps.slice(0, -1).every(isEntered)) return false;
    return alternatives.some((alternative) => matchesSteps(alternative, steps));
  } catch (error) {
    if (error instanceof GlobTooLarge) return false;
    throw error;
  }
}

/** A glob in parts. */
interface Glob {
  /** The folder in which it starts, relative to that of the configuration. */
  readonly base: string;
  /** The steps of each pattern that its braces stand for. */
  readonly alternatives: readonly (readonly string[])[];
  /** The maximum number of steps of a file below the base. */
  readonly levels: number;
}

/** @throws GlobTooLarge */
function globOf(pattern: string): Glob {
  if (pattern.length > LONGEST) throw new GlobTooLarge('is too long');
  const base = baseOfGlob(pattern) ?? '';
  const glob = pattern.slice(base.length).replace(/^\/+/, '');
  const alternatives = alternativesOf(glob).map((each) =>
    each.split('/').filter((step) => step !== '.' && step !== ''),
  );
  const longest = Math.max(...alternatives.map((steps) => (steps.includes('**') ? DEEPEST : steps.length)));
  return { base, alternatives, levels: Math.min(DEEPEST, longest) };
}

/** Whether a glob looks into a folder of this name below its base. */
function isEntered(name: string): boolean {
  return name !== 'node_modules' && !name.startsWith('.');
}

/** The patterns without braces that a glob with braces stands for. */
function alternativesOf(glob: string): string[] {
  let patterns = [''];
  for (const part of glob.match(/\{[^{}]*\}|[^{}]+|[{}]/g) ?? []) {
    const choices = /^\{.*,.*\}$/.test(part) ? part.slice(1, -1).split(',') : [part];
    patterns = patterns.flatMap((before) => choices.map((choice) => before + choice));
    if (patterns.length > MAX_ALTERNATIVES) throw new GlobTooLarge('has too many braces');
  }
  return patterns;
}

/** Compares the steps of two paths. A step of the pattern gets a mark, so that only `**` is the star of matchesGlob. */
function matchesSteps(pattern: readonly string[], steps: readonly string[]): boolean {
  const marked = pattern.map((step) => (step === '**' ? '*' : `/${step}`));
  return matchesGlob(marked, steps, (one, step) => matchesStep(one.slice(1), step));
}

function matchesStep(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return matchesGlob([...pattern], [...name], (one, character) => one === '?' || one === character);
}

/** The entries of a folder; none if it does not exist or cannot be read. */
async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
