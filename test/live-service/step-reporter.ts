/** Writes down how each step ended, the moment it has: whatever then happens to this process, the report has it. */
import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

export interface Step {
  readonly step: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly ms: number;
  /** What was wrong, in its first line. */
  readonly error?: string;
}

export class StepReporter implements Reporter {
  readonly #file: string;

  /** @param file gets a line of JSON a step */
  constructor(file: string) {
    this.#file = file;
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    const [first] = errors ?? [];
    const step: Step = {
      step: test.name,
      state,
      ms: Math.round(test.diagnostic()?.duration ?? 0),
      ...(first === undefined ? {} : { error: first.message.split('\n')[0] ?? '' }),
    };
    appendFileSync(this.#file, `${JSON.stringify(step)}\n`);
  }
}
