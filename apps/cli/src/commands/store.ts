import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { FlagError } from '@rhythm/config';
import { requireConfig } from '../config/cluster-config.ts';
import { clusterPaths } from '../paths.ts';
import { repository } from '../processes/app-specs.ts';

/** What the store's own program does besides running a member. */
const commands = ['snapshot', 'members', 'status', 'restore-quorum'];
const dirDefault = '.rhythm';

/**
 * Runs a command of the store's program on this terminal; gives its exit code. One that talks to a store talks to the one of the cluster
 * in `--dir`, unless it is told `--endpoints`.
 */
export async function store([name = '', ...argv]: readonly string[]): Promise<number> {
  if (!commands.includes(name)) throw new FlagError(`unknown command ${JSON.stringify(`store ${name}`.trim())}: there is ${commands.map((known) => `store ${known}`).join(', ')}`);
  const { dir, rest } = withoutDir(argv);
  const reachesStore = (name === 'members' || name === 'status' || rest[0] === 'save') && !rest.includes('--help') && !rest.some((argument) => /^--endpoints(=|$)/.test(argument));
  const args = [join(repository, 'apps/store/dist/main.mjs'), name, ...rest, ...(reachesStore ? storeFlags(dir) : [])];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error("cannot run the store's program", { cause: error })));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function storeFlags(dir: string): string[] {
  const config = requireConfig(dir);
  const paths = clusterPaths(config.dir);
  if (config.storeEndpoints !== undefined) throw new FlagError(`the cluster in ${config.dir} uses an etcd cluster of its own: name it with --endpoints`);
  const pki = (file: string): string => join(paths.pki, file);
  return ['--endpoints', `127.0.0.1:${config.ports.store}`, '--cacert', pki('store-ca.crt'), '--cert', pki('store-client.crt'), '--key', pki('store-client.key')];
}

/** `--dir` is ours, everything else the store's. */
function withoutDir(argv: readonly string[]): { readonly dir: string; readonly rest: readonly string[] } {
  const at = argv.findIndex((argument) => argument === '--dir' || argument.startsWith('--dir='));
  if (at < 0) return { dir: dirDefault, rest: argv };
  const inline = argv[at]?.startsWith('--dir=') === true;
  const dir = inline ? argv[at]?.slice('--dir='.length) : argv[at + 1];
  if (dir === undefined || dir === '') throw new FlagError('flag --dir needs a value');
  return { dir, rest: argv.toSpliced(at, inline ? 1 : 2) };
}
