import type { ConnectionFailure } from '../motherduck/connection-failure.ts';

/** So many accounts in a row are no coincidence. */
const IN_A_ROW = 5;

/** A failure that every account of a run would meet; once it is known, the others do not connect. */
export class CommonFailure {
  readonly #doubtful = new Set<string>();
  #problem: ConnectionFailure['problem'] | undefined;

  get problem(): ConnectionFailure['problem'] | undefined {
    return this.#problem;
  }

  /** Takes the result of one connection. @param failure undefined: it connected */
  note(account: string, failure: ConnectionFailure | undefined): void {
    if (failure?.scope === 'machine' || failure?.scope === 'service') this.#problem = failure.problem;
    if (!failure?.isDoubtful) {
      this.#doubtful.clear();
      return;
    }
    this.#doubtful.add(account);
    if (this.#doubtful.size < IN_A_ROW) return;
    const { message, hint } = failure.problem;
    this.#problem = {
      message: `not tried, since ${IN_A_ROW} accounts in a row failed with: ${message}`,
      hint: { text: hint.text, command: ['smoke'] },
    };
  }
}
