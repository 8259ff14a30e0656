/** `mdacc doctor`: checks all that an apply needs, and says what to do. Changes nothing. */
import type { ConfigOptions } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { OutputOptions } from '../cli/io.ts';
import { examine } from '../engine/doctor/doctor.ts';
import type { OpenServiceOptions } from '../engine/service.ts';
import { type DoctorFormat, renderDoctor } from '../report/formats.ts';

interface DoctorCommandOptions extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly format: DoctorFormat;
}

export function run(options: DoctorCommandOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const report = await examine(options, io);
    io.report(renderDoctor(report, options.format, io.paint.out, io.inContext));
    return report.passed ? EXIT.done : EXIT.error;
  });
}
