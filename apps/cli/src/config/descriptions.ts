import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { causeChain, type Log } from '@rhythm/base';
import { cacheDirectory } from '../host/npm-archive.ts';

/** What is kept of what the tool says when it fails. */
const saidMax = 4096;

/** Where the API server finds what `kubectl explain` says; made once for every cluster of this user. */
export function descriptionsFile(): string {
  // The number goes up when the tool, its packages or our kinds change.
  return join(cacheDirectory(), 'descriptions-v1.35-1.json');
}

/** Has `tool` (tools/descriptions.ts) fetch the descriptions unless they are there. Never fails: without a network `kubectl explain` does without. */
export async function ensureDescriptions(tool: string, log: Log, signal: AbortSignal): Promise<void> {
  const file = descriptionsFile();
  if (existsSync(file)) return;
  try {
    await runGroup([tool, file], signal);
    log.info('fetched the descriptions of `kubectl explain`', { file });
  } catch (error) {
    if (!signal.aborted) log.warn('no descriptions for `kubectl explain`: fetched again when the supervisor next starts', { file, cause: causeChain(error) });
  }
}

/** A node program in a group of its own, so that on `signal` it ends with everything that it has started. */
function runGroup(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-saidMax)));
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid);
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.on('error', reject);
    child.on('close', (code, by) => {
      signal.removeEventListener('abort', end);
      if (code === 0) resolve();
      else reject(new Error(/^\w*Error: .*/m.exec(said)?.[0] ?? `ended with ${code ?? by}`));
    });
  });
}
