/** The order of the test files: those that take long begin first, so that no core waits for the last of them. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONG = [
  'crash',
  'live-service',
  'ci',
  'packaging',
  'examples',
  'scenarios',
  'commands',
  'faults',
  'smoke',
  'import',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return at === -1 ? LONG.length : at;
}
