/** GitHub's own parser of workflows and actions, which knows what may stand where, in expressions too. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ROOT } from '../in-process.ts';

export interface Parser {
  /** What it says against a file. One of this name `action.yml` is an action. */
  errorsOf(name: string, content: string): string[];
}

interface Module {
  readonly NoOperationTraceWriter: new () => object;
  readonly parseWorkflow: Parse;
  readonly parseAction: Parse;
}

type Parse = (
  file: { readonly name: string; readonly content: string },
  trace: object,
) => { readonly context: { readonly errors: { getErrors(): { readonly message: string }[] } } };

const ENTRY = `
export { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
export { parseAction } from '@actions/workflow-parser/actions/action-parser';`;

/** It imports JSON in a way that Node 20 does not take, so it is bundled first. */
export async function githubParser(folder: string): Promise<Parser> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const file = path.join(folder, 'github-parser.mjs');
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  const { NoOperationTraceWriter, parseAction, parseWorkflow } = (await import(pathToFileURL(file).href)) as Module;
  return {
    errorsOf: (name, content) => {
      const parse = name === 'action.yml' ? parseAction : parseWorkflow;
      const { context } = parse({ name, content }, new NoOperationTraceWriter());
      return context.errors.getErrors().map(({ message }) => message);
    },
  };
}
