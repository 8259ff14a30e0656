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
  local i line word current last="\${COMP_WORDS[COMP_CWORD]}" option="" files=""
  local -a typed=()
  # Bash makes three words of --format=json.
  for (( i = 1; i <= COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    if (( i > 2 )) && [[ $word == "=" || \${COMP_WORDS[i-1]} == "=" ]]; then typed[\${#typed[@]}-1]+="$word"; else typed+=("$word"); fi
  done
  current="\${typed[\${#typed[@]}-1]}"
  # What is offered takes the place of the last word alone.
  if [[ $current == --*=* ]]; then
    option="\${current%%=*}="
    current="\${current#*=}"
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) files=-f ;;
      :folders) files=-d ;;
      :none) ;;
      *)
        word="\${line%%$'\\t'*}"
        [[ $last == "$option"* ]] || word="\${word#"$option"}"
        COMPREPLY+=("$(printf '%q' "$word")")
        ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${typed[@]}" 2>/dev/null)
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
  done < <("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe 'mdacc' found
  [[ $files != none && $PREFIX == --*=* ]] && compset -P '*='
  case "$files" in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
compdef _mdacc mdacc motherduck-accounts
# As the file _mdacc in a folder of $fpath, it is called as soon as it is read.
if [[ $funcstack[1] == _mdacc ]]; then _mdacc "$@"; fi
`,
  fish: `# For fish: mdacc completion fish > ~/.config/fish/conf.d/mdacc.fish
function __mdacc_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l option (string match -r -- '^--[^=]+=' $words[-1])
    set -l path (string replace -- "$option" '' $words[-1])
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                string replace -r -- '^' "$option" (__fish_complete_path "$path")
            case ':folders'
                string replace -r -- '^' "$option" (__fish_complete_directories "$path")
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
