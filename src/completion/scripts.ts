/**
 * The completion scripts. They know no commands: they call `mdacc __complete` with the words so far, which prints a line for
 * each candidate (`word`, a tab, its description) and a last line that says what the shell completes itself.
 */
import type { Candidates } from './candidates.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The answer to `__complete`. */
export function answerText({ words, files }: Candidates): string {
  const lines = words.map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`));
  return [...lines, `:${files}`, ''].map((line) => line.replace(/[\n\r]/g, ' ')).join('\n');
}

/** The script of a shell, for both names of the program. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# For bash, in ~/.bashrc: source <(mdacc completion bash); for the bash of macOS: eval "$(mdacc completion bash)"
_mdacc() {
  local line current="\${COMP_WORDS[COMP_CWORD]}" files=""
  # Bash takes = for a word of its own.
  if [[ $current == "=" ]]; then current=""; fi
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) files=-f ;;
      :folders) files=-d ;;
      :none) ;;
      *) COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $files -- "$current")
  fi
}
complete -F _mdacc mdacc motherduck-accounts
`,
  zsh: `#compdef mdacc motherduck-accounts
# For zsh, in ~/.zshrc after compinit: source <(mdacc completion zsh)
_mdacc() {
  local word about files=none
  local -a found
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      :*) files="\${word#:}" ;;
      *) found+=("\${word//:/\\\\:}\${about:+:$about}") ;;
    esac
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe 'mdacc' found
  case "$files" in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
compdef _mdacc mdacc motherduck-accounts
`,
  fish: `# For fish: mdacc completion fish > ~/.config/fish/completions/mdacc.fish
function __mdacc_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case ':none'
            case '*'
                echo $line
        end
    end
end
complete -c mdacc -f -a '(__mdacc_complete)'
complete -c motherduck-accounts -f -a '(__mdacc_complete)'
`,
};
