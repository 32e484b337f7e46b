import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ok } from './cluster.ts';

/**
 * The kubectl of Debian's package kubernetes-client (1.20), for the far end of version skew. Unpacked into the user's cache
 * and not installed: the machine may have another kubectl at its path.
 */
export async function debianKubectl(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rhythm');
  const binary = join(cache, 'kubectl-debian');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    await ok('sh', ['-c', 'cd "$1" && apt-get -q download kubernetes-client', 'sh', scratch]);
    const archive = readdirSync(scratch).find((name) => name.endsWith('.deb')) ?? '';
    await ok('dpkg-deb', ['-x', join(scratch, archive), scratch]);
    renameSync(join(scratch, 'usr/bin/kubectl'), binary);
    return binary;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
