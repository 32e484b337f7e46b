import { FlagError } from '@rhythm/config';
import { readFileSync } from 'node:fs';

/** The file that a flag names. @throws FlagError that names the flag. */
export function readNamed(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FlagError(`flag --${flag}: ${path} cannot be read`, { cause: error });
  }
}
