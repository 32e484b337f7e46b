import { existsSync } from 'node:fs';
import type { Clock, Random } from '@rhythm/base';
import { FlagError } from '@rhythm/config';
import { requireConfig, type ClusterConfig } from '../config/cluster-config.ts';
import { clusterPaths } from '../paths.ts';
import { EncryptionFile } from '../secrets/encryption-file.ts';
import { rewriteSecrets } from '../secrets/rewrite.ts';
import { configurationTaken, serversAlive } from '../secrets/servers.ts';
import { storedSecrets } from '../secrets/stored-secrets.ts';
import { withClusterLock } from './up.ts';

export interface SecretsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly write: (text: string) => void;
}

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
  if (file.prefix !== '') await configurationTaken(config, file.hash, ports);
  await writeAgain(config, file, ports);
}

/**
 * A new key first, everything written with it, then the old keys away. With several API servers each can read the new key before any writes it, and none needs
 * the old ones when they go. Interrupted, it may be called again.
 */
async function rotate(config: ClusterConfig, ports: SecretsPorts): Promise<void> {
  const { write, random } = ports;
  const file = EncryptionFile.read(clusterPaths(config.dir).encryption);
  // Keys are changed only under servers that follow the file.
  await configurationTaken(config, file.hash, ports);
  file.addKey(random);
  if ((await serversAlive(config)).length > 1) {
    file.write();
    await configurationTaken(config, file.hash, ports);
  }
  file.useAddedKey();
  file.write();
  write(`a new key is first: ${file.prefix}…\n`);
  await configurationTaken(config, file.hash, ports);
  await writeAgain(config, file, ports);
  file.dropOldKeys();
  file.write();
  await configurationTaken(config, file.hash, ports);
  write('the old keys are removed. Backups and revisions from before need them: they are not kept here.\n');
}

async function writeAgain(config: ClusterConfig, file: EncryptionFile, { clock, write }: SecretsPorts): Promise<void> {
  const written = await rewriteSecrets(config);
  const { stale, plain } = await storedSecrets(config, file.prefix, clock);
  if (file.prefix !== '' && stale + plain > 0) throw new Error(`${stale + plain} secrets are still stored otherwise: the keys stay as they are; try again`);
  write(`${written} secrets are stored as ${file.prefix === '' ? 'plain text' : `${file.prefix}…`}\n`);
}
