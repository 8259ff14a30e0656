import type { DoctorReport } from '../../model/doctor.ts';
import { jsonText } from '../escape.ts';

/** What doctor found as one JSON document, valid against `schemas/doctor.schema.json`. */
export function doctorJson(report: DoctorReport): string {
  return jsonText({ version: 1, ...report });
}
