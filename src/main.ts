#!/usr/bin/env node
/** The program starts here, before most of its code is read. */
import { keepCompiledCode } from './cli/compiled-code.ts';

keepCompiledCode(import.meta.dirname);
void import('./command-line.ts');
