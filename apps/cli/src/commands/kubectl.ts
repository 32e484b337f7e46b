import { spawn } from 'node:child_process';
import { requireConfig } from '../config/cluster-config.ts';
import { ensureProgram } from '../host/kubectl-layer.ts';
import { clusterPaths } from '../paths.ts';

/** Runs kubectl against a cluster, on this terminal; gives its exit code. */
export async function kubectl(dir: string, args: readonly string[], say: (line: string) => void): Promise<number> {
  const config = requireConfig(dir);
  const binary = await ensureProgram('kubectl', say);
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
