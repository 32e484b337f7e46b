import { existsSync } from 'node:fs';
import type { Clock, Random } from '@rhythm/base';
import { FlagError } from '@rhythm/config';
import { adminHttp } from '../cluster/admin-http.ts';
import { requireConfig, type ClusterConfig } from '../config/cluster-config.ts';
import { clusterPaths } from '../paths.ts';
import { EncryptionFile } from '../secrets/encryption-file.ts';
import { rewriteSecrets } from '../secrets/rewrite.ts';
import { storedSecrets } from '../secrets/stored-secrets.ts';
import { withClusterLock } from './up.ts';

export interface SecretsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly write: (text: string) => void;
}

/** The API server looks at its file every few seconds. */
const reloadMsMax = 90_000;
const pollMs = 500;
const requestMsMax = 30_000;

/** `rhythm secrets status|reencrypt|rotate`: how Secrets are stored, and to store them otherwise. */
export async function secrets(verb: string, dir: string, ports: SecretsPorts): Promise<void> {
  const verbs: Readonly<Record<string, (config: ClusterConfig, ports: SecretsPorts) => Promise<void>>> = { status, reencrypt, rotate };
  const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (work === undefined) throw new FlagError(`unknown command ${JSON.stringify(`secrets ${verb}`.trim())}: there is ${Object.keys(verbs).map((known) => `secrets ${known}`).join(', ')}`);
  const config = requireConfig(dir);
  await (verb === 'status' ? work(config, ports) : withClusterLock(config.dir, () => work(config, ports)));
}

async function status(config: ClusterConfig, { clock, write }: SecretsPorts): Promise<void> {
  const { encryption } = clusterPaths(config.dir);
  const prefix = existsSync(encryption) ? EncryptionFile.read(encryption).prefix : '';
  const { current, stale, plain } = await storedSecrets(config, prefix, clock);
  write(prefix === '' ? 'written as: plain text\n' : `written as: ${prefix}…\n`);
  write(`secrets: ${current + stale + plain} (${current} so, ${stale} with another key or provider, ${plain} in plain text)\n`);
  if (prefix !== '' && stale + plain > 0) write('Try: ./rhythm secrets reencrypt\n');
  if (prefix.startsWith('k8s:enc:kms:')) write('Which key of the plugin a secret has, the plugin alone knows.\n');
}

async function reencrypt(config: ClusterConfig, ports: SecretsPorts): Promise<void> {
  const file = EncryptionFile.read(clusterPaths(config.dir).encryption);
  if (file.prefix !== '') await taken(config, file, ports);
  await writeAgain(config, file, ports);
}

/** A new key first, everything written with it, then the old keys away. Interrupted, it may be called again. */
async function rotate(config: ClusterConfig, ports: SecretsPorts): Promise<void> {
  const { write, random } = ports;
  const file = EncryptionFile.read(clusterPaths(config.dir).encryption);
  // Keys are changed only under a server that follows the file.
  await taken(config, file, ports);
  file.addKey(random);
  file.write();
  write(`a new key is first: ${file.prefix}…\n`);
  await taken(config, file, ports);
  await writeAgain(config, file, ports);
  file.dropOldKeys();
  file.write();
  await taken(config, file, ports);
  write('the old keys are removed. Backups and revisions from before need them: they are not kept here.\n');
}

async function writeAgain(config: ClusterConfig, file: EncryptionFile, { clock, write }: SecretsPorts): Promise<void> {
  const written = await rewriteSecrets(config);
  const { stale, plain } = await storedSecrets(config, file.prefix, clock);
  if (file.prefix !== '' && stale + plain > 0) throw new Error(`${stale + plain} secrets are still stored otherwise: the keys stay as they are; try again`);
  write(`${written} secrets are stored as ${file.prefix === '' ? 'plain text' : `${file.prefix}…`}\n`);
}

/** Resolves once the API server uses the file as it is. */
async function taken(config: ClusterConfig, file: EncryptionFile, { clock }: SecretsPorts): Promise<void> {
  const http = adminHttp(config);
  const until = clock.monotonic() + reloadMsMax;
  const line = `apiserver_encryption_config_controller_last_config_info{hash="${file.hash}"} 1`;
  try {
    while (!(await http.get('/metrics', requestMsMax)).body.includes(line)) {
      if (clock.monotonic() > until) throw new Error(`the API server has not taken ${clusterPaths(config.dir).encryption} within ${reloadMsMax / 1000} s: see its log`);
      await clock.sleep(pollMs);
    }
  } finally {
    http.close();
  }
}
