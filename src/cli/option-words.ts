/** Options as words of a command. The declarations of options need commander, so the build loads this file when one of its functions is first called. */
import type { Option } from 'commander';
import { COMMAND_OPTIONS } from './command-options.ts';
import { hasEffect, PLANNING } from './options.ts';

/** Whether the command that these words begin with reads an option such as `--api-url`. */
export function takesOption([command = '', next = '']: readonly string[], long: string): boolean {
  const options: Readonly<Record<string, readonly Option[]>> = COMMAND_OPTIONS;
  const own = options[`${command} ${next}`] ?? options[command] ?? [];
  return own.some((option) => option.long === long && hasEffect(option));
}

/** The options that decide what a plan is of, as they were typed: `--prune`, and for each value of a repeatable one `--only etl_*`. */
export function planningWords(values: object): (readonly [flag: string, ...value: string[]])[] {
  return typedWords(PLANNING, values);
}

/** The words with which options were typed: `--prune`, and for each value of a repeatable one `--only etl_*`. */
function typedWords(options: readonly Option[], values: object): (readonly [flag: string, ...value: string[]])[] {
  const typed: Readonly<Record<string, unknown>> = { ...values };
  return options.flatMap((option) => {
    const [flag, value] = [option.long ?? '', typed[option.attributeName()]];
    if (Array.isArray(value)) return value.map((each) => [flag, String(each)] as const);
    return value === undefined || value === false
      ? []
      : [value === true ? ([flag] as const) : ([flag, String(value)] as const)];
  });
}
