/** The live tokens of an account by id and by name: it may have thousands of them and of keys, which are planned one by one. */
import type { LiveToken } from '../model/live.ts';
import type { StateToken } from '../model/state.ts';
import { seriesOf } from '../model/tokens.ts';

/** All live tokens of an account. */
export class LiveTokens {
  readonly #byId = new Map<string, LiveToken>();
  /** By the name, and by the series that it is of. */
  readonly #byName = new Map<string, LiveToken[]>();
  readonly #positions = new Map<LiveToken, number>();

  constructor(tokens: readonly LiveToken[]) {
    for (const token of tokens) {
      const { id, name } = token;
      this.#positions.set(token, this.#positions.size);
      if (!this.#byId.has(id)) this.#byId.set(id, token);
      for (const each of new Set([name, seriesOf(name)])) {
        const others = this.#byName.get(each);
        if (others === undefined) this.#byName.set(each, [token]);
        else others.push(token);
      }
    }
  }

  byId(id: string | undefined): LiveToken | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /**
   * The tokens that can have to do with a key, in the order of MotherDuck: those of the state, and all of a series of these
   * names or of a name in the state.
   *
   * @param names The key, and the name in the configuration.
   */
  about(names: readonly string[], state: StateToken | undefined): LiveToken[] {
    const { current, retiring = [], intents = [] } = state ?? {};
    const records = [...(current === undefined ? [] : [current]), ...retiring];
    const known = [...records, ...intents].flatMap(({ name }) => [name, seriesOf(name)]);
    const found = new Set([
      ...records.flatMap(({ id }) => this.byId(id) ?? []),
      ...[...new Set([...names, ...known])].flatMap((name) => this.#byName.get(name) ?? []),
    ]);
    const at = (token: LiveToken) => this.#positions.get(token) ?? 0;
    return [...found].sort((a, b) => at(a) - at(b));
  }
}
