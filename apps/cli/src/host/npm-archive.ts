import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runOk } from './run.ts';

/** A package of the npm registry, and what its archive hashes to (base64, as npm's own integrity says it). */
export interface NpmArchive {
  readonly name: string;
  readonly version: string;
  readonly sha512: string;
}

/** Where what was fetched is kept for every cluster of this user. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rhythm');
}

/**
 * Fetches a package through npm, whose settings (registry, proxy) so apply; nothing of it is run. Rejects when npm cannot reach
 * it, and when the archive is not the one that is asked for.
 */
export async function fetchArchive({ name, version, sha512 }: NpmArchive): Promise<Buffer> {
  mkdirSync(cacheDirectory(), { recursive: true });
  const scratch = mkdtempSync(join(cacheDirectory(), 'fetch-'));
  try {
    await runOk('npm', ['pack', '--silent', '--ignore-scripts', `${name}@${version}`], { cwd: scratch });
    const archive = readFileSync(join(scratch, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`));
    const sum = createHash('sha512').update(archive).digest('base64');
    if (sum !== sha512) throw new Error(`${name}@${version} is not what it should be (sha512 ${sum}): not used`);
    return archive;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
