/** The order of the test files: those that take long begin first, so that no core waits for the last of them. */
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of long tests, for where there was no run before. */
const LONG = [
  'crash',
  'ci',
  'packaging',
  'live-service',
  'faults',
  'examples',
  'scenarios',
  'proxy',
  'commands',
  'smoke',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = files.toSorted((a, b) => this.#duration(b) - this.#duration(a));
    // A process that files share ends as soon as a file comes next that needs its own.
    return [true, false].flatMap((isolate) => sorted.filter(({ project }) => project.config.isolate === isolate));
  }

  /** In milliseconds, as in the run before; a guess for a new file. */
  #duration({ project, moduleId }: TestSpecification): number {
    const key = `${project.name}:${path.posix.relative(this.ctx.config.root, moduleId)}`;
    const at = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
    return this.ctx.cache.getFileTestResults(key)?.duration ?? (at === -1 ? 0 : 60_000 - at);
  }
}
