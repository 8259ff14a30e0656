/** The lines of JSON between the process that connects (probe.ts) and the one that started it. */
import type { ConnectionTarget } from './connector.ts';

/** The SQL that a probe runs over one connection. */
export interface ProbeRequest {
  /** Run in this order; a failing step does not stop the next one unless `stopAtFailure` is set. */
  readonly steps: readonly ProbeStepRequest[];
  /** No step runs after one that failed. */
  readonly stopAtFailure?: boolean;
  /** Whether the target's shutdown is run at the end. */
  readonly shutdown: boolean;
}

/** One SQL statement of a probe. */
export interface ProbeStepRequest {
  readonly name: string;
  readonly sql: string;
  /** Return all rows, not only the first. */
  readonly every?: boolean;
  /** The SQL is not this program's own: it and what follows reach no local file. */
  readonly foreign?: boolean;
}

/** The first line that the process reads: what it opens, and what it runs there. */
export interface ProbeInput {
  readonly target: ConnectionTarget;
  readonly request: ProbeRequest;
}

/** The first row of a result and the number of rows; all rows where they were requested. */
export interface ProbeAnswer {
  readonly row?: ProbeRow;
  readonly rows: number;
  readonly every?: readonly ProbeRow[];
}

/** Values that are not text are JSON. */
export type ProbeRow = Readonly<Record<string, string | null>>;

/** One line that the process writes: the result of a step. */
export interface ProbeEvent {
  /** `connect`, the name of a step, or `shutdown`. */
  readonly step: string;
  readonly ms: number;
  readonly answer?: ProbeAnswer;
  /** `refused`: not tried; `native`: DuckDB is not available for this platform; `sql`: an error of DuckDB or MotherDuck. */
  readonly failure?: {
    readonly kind: 'refused' | 'native' | 'sql';
    readonly text: string;
    readonly duckdb?: DuckDBBuild;
  };
}

/** The first line of a session. */
export interface SessionInput {
  readonly target: ConnectionTarget;
  readonly session: true;
}

/** One statement; `values` are its parameters. */
export interface SessionQuery {
  readonly id: number;
  readonly sql: string;
  readonly values: readonly string[];
}

/** Its rows, whole, or why it failed. */
export interface SessionAnswer {
  readonly id: number;
  readonly rows?: readonly ProbeRow[];
  readonly failure?: NonNullable<ProbeEvent['failure']>;
}

/** The DuckDB that connects, where its version or extension is at fault. */
export interface DuckDBBuild {
  /** `v1.5.6` */
  readonly version: string;
  /** `linux_amd64` */
  readonly platform: string;
  /** The folder of its extensions. */
  readonly folder: string;
}
