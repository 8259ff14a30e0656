/** The options that say what a plan is of, as they are typed. */

/** What somebody asked a plan for. */
export interface Asked {
  readonly only?: readonly string[] | undefined;
  readonly rotate?: readonly string[] | undefined;
  readonly revokeOld?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly prune?: boolean | undefined;
  readonly due?: boolean | undefined;
  readonly destroy?: boolean | undefined;
  readonly allowMissing?: boolean | undefined;
}

/** `--only etl_* --due`: what makes a plan of the same, after `plan` or `apply`. */
export function planWords({ rotate = [], destroy, ...asked }: Asked): string[] {
  return [...rotate.flatMap((name) => ['--rotate', name]), ...(destroy ? ['--destroy'] : []), ...selection(asked)];
}

/** `rotate etl_prod --revoke-old`: the command that makes such a plan and applies it. */
export function applyWords({ rotate, destroy, ...asked }: Asked): string[] {
  const command = rotate ? ['rotate', ...rotate] : destroy ? ['destroy'] : ['apply'];
  return [...command, ...selection(asked)];
}

function selection({ only = [], revokeOld, force, prune, due, allowMissing }: Asked): string[] {
  const flags = [
    revokeOld && '--revoke-old',
    force && '--force',
    prune && '--prune',
    due && '--due',
    allowMissing && '--allow-missing',
  ];
  return [...only.flatMap((glob) => ['--only', glob]), ...flags.flatMap((flag) => flag || [])];
}
