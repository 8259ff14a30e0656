/** Which files the patterns of `include` name: those within the limits of a configuration that git does not ignore. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { quote, quoteWhole } from '../model/quote.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import { type Node, type ScalarNode, textOf } from '../yaml/tree.ts';
import type { Confines, Exclusion } from './confines.ts';
import { baseOfGlob, GLOB_BUDGET, GlobTooLarge, isYamlName, matchingFiles } from './glob.ts';

const MAX_FILES = 10_000;
const NARROWER = 'name a folder before the first star';

/** A file that a pattern names. */
export interface IncludedFile {
  /** Relative to the folder of the configuration, or absolute. */
  readonly name: string;
  readonly absolute: string;
  readonly pattern: ScalarNode;
}

/** The patterns of one configuration. */
export class IncludePatterns {
  readonly #main: string;
  readonly #folder: string;
  readonly #confines: Confines;
  readonly #problems: Problems;
  readonly #globBudget = { left: GLOB_BUDGET };
  #isComplete = true;

  constructor(main: string, confines: Confines, problems: Problems) {
    this.#main = main;
    this.#folder = path.dirname(path.resolve(main));
    this.#confines = confines;
    this.#problems = problems;
  }

  /** Whether no pattern and no file was refused. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The files of all patterns. Git is asked once which of them it ignores. */
  async filesOf(patterns: readonly Node[]): Promise<readonly IncludedFile[]> {
    const names: IncludedFile[] = [];
    const seen = new Set<string>();
    for (const [index, pattern] of patterns.entries()) {
      if (pattern.kind !== 'scalar') continue;
      for (const name of await this.#namesOf(pattern)) {
        const absolute = path.resolve(this.#folder, name);
        if (seen.has(absolute)) continue;
        seen.add(absolute);
        const excluded = await this.#confines.excludes(absolute);
        if (excluded === undefined) names.push({ name, absolute, pattern });
        else this.#reportExcluded(excluded, pattern, name);
      }
      if (Math.max(seen.size, index) > MAX_FILES) {
        const message = `more than ${MAX_FILES.toLocaleString('en')} files are included`;
        this.#refuse('too-large', pattern, message, 'join some of them');
        return [];
      }
    }
    const ignored = await this.#confines.ignored(names.map(({ absolute }) => absolute));
    return names.filter(({ name, absolute, pattern }) => {
      if (!('why' in ignored) && !ignored.has(absolute)) return true;
      const subject = quote(name);
      if ('why' in ignored) {
        const [why] = ignored.why.split('\n');
        const message = `included file ${subject} is not read: git cannot tell whether it is ignored`;
        const fix = why?.includes('did not answer')
          ? 'look for patterns of many stars in .gitignore'
          : 'make git usable here';
        this.#refuse('include-ignored', pattern, message, `${why}; ${fix}`);
      } else {
        const hint = 'a configuration is kept in git: include another file, or remove the pattern from .gitignore';
        this.#refuse('include-ignored', pattern, `git ignores the included file ${subject}`, hint);
      }
      return false;
    });
  }

  /** The names of the files of one pattern, relative to the folder of the configuration. */
  async #namesOf(pattern: ScalarNode): Promise<readonly string[]> {
    if (pattern.env !== undefined) {
      const hint =
        'jobs may have other values of it, so a plan would not show what is applied: name the file, or write a glob';
      this.#refuse('include-variable', pattern, `${showNode(pattern)} has a variable, and include takes none`, hint);
      return [];
    }
    const text = textOf(pattern);
    if (text === undefined || text === '') {
      this.#isComplete = false;
      return [];
    }
    const base = baseOfGlob(text);
    if (base !== undefined && this.#globBudget.left < 0) {
      this.#refuse(
        'include-glob',
        pattern,
        `${showNode(pattern)} is not followed, as others looked at too many files`,
        NARROWER,
      );
      return [];
    }
    const excluded = await this.#confines.excludes(path.resolve(this.#folder, base ?? text));
    if (excluded !== undefined) {
      this.#reportExcluded(excluded, pattern, text);
      return [];
    }
    if (base === undefined) {
      if (isYamlName(text)) return [text];
      await this.#reportEnding(text, pattern);
      return [];
    }
    try {
      const matches = await matchingFiles(this.#folder, text, this.#globBudget);
      const names = matches.filter(isYamlName);
      if (names.length === 0) {
        const own = quoteWhole(path.dirname(this.#main));
        this.#problems.warning('include-nothing', pattern.at, `no file matches ${showNode(pattern)}`, {
          hint:
            matches.length > 0
              ? 'only files that end in .yaml or .yml are included'
              : `globs start in ${own}, the folder of the configuration`,
          own,
        });
      }
      return names;
    } catch (error) {
      if (!(error instanceof GlobTooLarge)) throw error;
      this.#refuse('include-glob', pattern, `${showNode(pattern)} ${error.message}`, NARROWER);
      return [];
    }
  }

  /** Reports a file that is out of bounds without revealing whether it exists. */
  #reportExcluded(excluded: Exclusion, pattern: ScalarNode, name: string): void {
    const subject = quote(name);
    const { noun, root } = this.#confines;
    if (excluded === 'link') {
      const message = `included file ${subject} is a link, or is reached through one`;
      this.#refuse('include-link', pattern, message, 'include the file itself');
    } else {
      const message = `included file ${subject} is not in ${noun} of the configuration`;
      const own = quoteWhole(root);
      this.#refuse('include-outside', pattern, message, `put the file itself into ${own}`, own);
    }
  }

  async #reportEnding(name: string, pattern: ScalarNode): Promise<void> {
    this.#isComplete = false;
    const isFolder = await stat(path.resolve(this.#folder, name)).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    const glob = quote(path.posix.join(name, '*.yaml'));
    this.#problems.error(
      'include-ending',
      pattern.at,
      `included file ${showNode(pattern)} does not end in .yaml or .yml`,
      { hint: isFolder ? `it is a folder: write ${glob}` : 'if it is YAML, rename it' },
    );
  }

  #refuse(code: DiagnosticCode, pattern: Node, message: string, hint: string, own = ''): void {
    this.#isComplete = false;
    this.#problems.error(code, pattern.at, message, { hint, own });
  }
}
