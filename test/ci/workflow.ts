/** Workflows and actions as their files hold them, as far as a runner needs to know. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../in-process.ts';

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly 'working-directory'?: string;
  readonly env?: Readonly<Record<string, unknown>>;
}

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly environment?: string;
  readonly concurrency?: unknown;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export const ACTION = path.join(ROOT, '.github/actions/plan');
export const EXAMPLE = path.join(ROOT, 'examples/github-actions');
export const WORKFLOWS = ['plan.yml', 'apply.yml', 'rotate.yml', 'audit.yml'] as const;

export function readWorkflow(name: string): Workflow {
  return parse(readFileSync(path.join(EXAMPLE, '.github/workflows', name), 'utf8')) as Workflow;
}

export function readAction(): Action {
  return parse(readFileSync(path.join(ACTION, 'action.yml'), 'utf8')) as Action;
}
