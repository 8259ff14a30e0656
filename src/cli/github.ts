/** What GitHub Actions is told: outputs for later steps, and the job's summary. Nothing of it holds a secret. */
import { appendFile } from 'node:fs/promises';
import type { Plan } from '../model/plan.ts';
import { hasChanges } from '../plan/plan.ts';
import { warningsGithub } from '../report/apply/github.ts';
import { planMarkdown } from '../report/plan/markdown.ts';
import { summaryLine } from '../report/plan/wording.ts';
import type { Io } from './io.ts';

/** Writes `summary`, `changes` and `exitcode` to GITHUB_OUTPUT, and the plan to GITHUB_STEP_SUMMARY. */
export async function tellGitHub(plan: Plan, exitCode: number, io: Io): Promise<void> {
  const { GITHUB_ACTIONS, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = io.env;
  if (GITHUB_ACTIONS !== 'true') return;
  const outputs = `summary=${summaryLine(plan)}\nchanges=${hasChanges(plan)}\nexitcode=${exitCode}\n`;
  await append(GITHUB_OUTPUT, outputs, io);
  await append(GITHUB_STEP_SUMMARY, planMarkdown(plan, undefined, io.inContext), io);
}

/** The warnings of an apply, where people see them without its log. */
export function annotate(plan: Plan, io: Io): void {
  if (io.env.GITHUB_ACTIONS === 'true') io.commands(warningsGithub(plan, io.inContext), 'note');
}

/** A file of the runner that cannot be written is no reason to fail what was done. */
async function append(file: string | undefined, text: string, io: Io): Promise<void> {
  if (file === undefined || file === '') return;
  await appendFile(file, text).catch((error: Error) => io.warn(`GitHub Actions was not told: ${error.message}`));
}
