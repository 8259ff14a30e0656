import type { SourceLine } from '../model/plan.ts';
import type { Location } from '../model/user-error.ts';

/** The line that a reason cites; without the file in the main file. */
export function sourceLine({ file, line }: Location, mainFile: string): SourceLine {
  return file === mainFile ? { line } : { file, line };
}

/** The `line` and `file` of an action. */
export function position(location: Location): { line: number; file: string } {
  return { line: location.line, file: location.file };
}
