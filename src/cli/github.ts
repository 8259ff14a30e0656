/** GitHub Actions: outputs for later steps, the summary of the job and annotations. None of them contains a secret. */
import { appendFile } from 'node:fs/promises';
import type { PlanWarning } from '../model/notice.ts';
import type { Plan } from '../model/plan.ts';
import { changesBranch, hasChanges } from '../plan/summary.ts';
import { warningsGithub } from '../report/apply/github.ts';
import { planMarkdown } from '../report/plan/markdown.ts';
import { summaryLine } from '../report/plan/wording.ts';
import type { Io } from './io.ts';

/** Writes `summary`, `changes` and `exitcode` to GITHUB_OUTPUT, and the plan to GITHUB_STEP_SUMMARY. */
export async function tellGitHub(plan: Plan, exitCode: number, io: Io): Promise<void> {
  const { GITHUB_ACTIONS, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = io.env;
  if (GITHUB_ACTIONS !== 'true') return;
  const outputs = `summary=${summaryLine(plan)}\nchanges=${hasChanges(plan) || changesBranch(plan)}\nexitcode=${exitCode}\n`;
  await append(GITHUB_OUTPUT, outputs, io);
  await append(GITHUB_STEP_SUMMARY, planMarkdown(plan, undefined, io.inContext), io);
}

/** Shows the warnings of an apply as annotations, outside of its log. */
export function annotate(warnings: readonly PlanWarning[], io: Io): void {
  if (io.env.GITHUB_ACTIONS === 'true') io.commands(warningsGithub({ warnings }, io.inContext), 'note');
}

/** Appends to a file of the runner. An apply does not fail when that cannot be written. */
async function append(file: string | undefined, text: string, io: Io): Promise<void> {
  if (file === undefined || file === '') return;
  await appendFile(file, text).catch((error: Error) =>
    io.warn(`the outputs for GitHub Actions were not written: ${error.message}`),
  );
}
