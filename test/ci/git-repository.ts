/** A bare repository as a service keeps it, to which somebody commits, and git for everybody on this machine. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync } from 'node:fs';
import path from 'node:path';

/** A repository with one branch, main, that holds a copy of a folder. */
export class Repository {
  readonly bare: string;
  readonly #work: string;

  /** Opens the one that is in the folder. */
  constructor(folder: string, name: string) {
    this.bare = path.join(folder, `${name}.git`);
    this.#work = path.join(folder, 'somebody');
  }

  /** Makes one in the folder. `change` is done to the copy of the content before its first commit. */
  static create(folder: string, name: string, content: string, change: (copy: string) => void): Repository {
    const repository = new Repository(folder, name);
    run(folder, ['init', '--quiet', '--bare', repository.bare]);
    // As GitHub does: any commit can be fetched by its id.
    appendFileSync(path.join(repository.bare, 'config'), '[uploadpack]\n\tallowAnySHA1InWant = true\n');
    appendFileSync(path.join(repository.bare, 'config'), NO_MAINTENANCE);
    cpSync(content, repository.#work, { recursive: true });
    change(repository.#work);
    repository.#commit('The first commit', 'main', []);
    return repository;
  }

  /** Somebody's commit on top of main. Gives its id. */
  commit(message: string, change: (folder: string) => void): string {
    return this.#onTop(message, change, 'main');
  }

  /** The same on a branch of a pull request. Gives the id of its merge into main, as GitHub makes it. */
  propose(change: (folder: string) => void): string {
    const proposal = this.#onTop('A proposal', change, 'proposal');
    return this.#commit('Merge', 'merge', ['-p', 'main', '-p', proposal]);
  }

  #onTop(message: string, change: (folder: string) => void, branch: string): string {
    this.#git('read-tree', '--reset', '-u', 'main');
    change(this.#work);
    return this.#commit(message, branch, ['-p', 'main']);
  }

  #commit(message: string, branch: string, parents: readonly string[]): string {
    this.#git('add', '--all');
    const commit = this.#git('commit-tree', '-m', message, ...parents, this.#git('write-tree'));
    this.#git('update-ref', `refs/heads/${branch}`, commit);
    return commit;
  }

  /** Works on the repository itself, without a clone and a push in between. */
  #git(...words: readonly string[]): string {
    return run(this.#work, ['--git-dir', this.bare, '--work-tree', this.#work, ...words]).trim();
  }

  /** A file of a branch's newest commit; undefined when it is not there. */
  read(file: string, branch = 'main'): string | undefined {
    try {
      return run(this.bare, ['show', `${branch}:${file}`]);
    } catch {
      return undefined;
    }
  }

  /** The messages of a branch's commits, newest first. */
  messages(branch = 'main'): string[] {
    return run(this.bare, ['log', '--format=%s', branch]).trim().split('\n');
  }

  branches(): string[] {
    return run(this.bare, ['for-each-ref', '--format=%(refname:short)', 'refs/heads']).trim().split('\n');
  }
}

/** For a git configuration: what git does by itself now and then is of no use to repositories that go with their test. */
export const NO_MAINTENANCE = '[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n';

const SOMEBODY = ['user.name=Somebody', 'user.email=somebody@example.com', 'init.defaultBranch=main'];
// Without a template, which would be copied into every clone and removed again.
const OPTIONS = [...SOMEBODY, 'gc.auto=0', 'maintenance.auto=false', 'init.templateDir='].flatMap((setting) => [
  '-c',
  setting,
]);

export function run(folder: string, words: readonly string[]): string {
  return execFileSync('git', [...OPTIONS, ...words], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}
