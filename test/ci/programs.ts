/** Programs that stand in for those of a runner: npm installs what this repository built, gh writes secrets down. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MAIN } from '../in-process.ts';
import { standInForMdacc } from './command-server.ts';

/** On a real runner stores are real, without an option for that. */
const REAL_STORES =
  'case " $* " in *" apply "* | *" rotate "* | *" --check-stores "*) set -- "$@" --real-stores ;; esac';

export class Programs {
  /** For the PATH: the stand-ins. What npm installs globally comes here too, and is not there before. */
  readonly bin: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.bin = path.join(folder, 'bin');
    mkdirSync(path.join(folder, 'secrets'), { recursive: true });
    mkdirSync(this.bin, { recursive: true });
    this.#write(path.join(this.bin, 'npm'), npm(folder));
    this.#write(path.join(this.bin, 'gh'), gh(folder));
    this.#write(path.join(this.bin, 'git'), git(folder));
  }

  /** @param asProcess `mdacc` is a process of its own, as on a real runner, which a signal reaches */
  static async open(folder: string, asProcess: boolean): Promise<Programs> {
    const programs = new Programs(folder);
    const mdacc = asProcess ? `exec ${process.execPath} ${MAIN} "$@"` : await standInForMdacc(folder);
    programs.#write(path.join(folder, 'mdacc'), `${REAL_STORES}\n${mdacc}`);
    return programs;
  }

  /** The packages that were installed, as npm was told; of `npm ci`, the files beside the lockfile. */
  get installed(): string[] {
    const file = path.join(this.#folder, 'installed');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** The secrets that gh was given on its standard input, by name. */
  get secrets(): Record<string, string> {
    const folder = path.join(this.#folder, 'secrets');
    return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
  }

  /** Every command line of git and gh, one a line. */
  get commandLines(): string {
    const file = path.join(this.#folder, 'command-lines');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  #write(file: string, script: string): void {
    writeFileSync(file, `#!/bin/bash\nset -eu\n${script}\n`);
    chmodSync(file, 0o755);
  }
}

function npm(folder: string): string {
  return `
[ "$1" = install ] || [ "$1" = ci ]
to=${folder}/bin
case " $* " in *" --prefix "*) to=$(pwd)/node_modules/.bin; [[ " $* " == *" --prefix $(pwd) "* ]];; *" --global "*) ;; esac
[[ " $* " == *" --ignore-scripts "* ]]
for last; do :; done
if [ "$1" = ci ]; then last="$(ls | tr '\\n' ' ')"; fi
echo "$last" >>${folder}/installed
mkdir -p "$to"
cp ${folder}/mdacc "$to/mdacc"`;
}

function gh(folder: string): string {
  return `
echo "gh $*" >>${folder}/command-lines
[ -n "$GH_TOKEN" ]
case "$1 $2" in
  "secret list") ;;
  "secret set") cat >"${folder}/secrets/$3" ;;
  *) exit 64 ;;
esac`;
}

function git(folder: string): string {
  return `echo "git $*" >>${folder}/command-lines\nexec /usr/bin/env PATH="\${PATH//"${folder}/bin:"/}" git "$@"`;
}
