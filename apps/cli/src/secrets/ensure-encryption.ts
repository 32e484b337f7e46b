import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@rhythm/base';
import { writeSecretFile } from '@rhythm/pki';
import { clusterPaths } from '../paths.ts';
import { EncryptionFile, freshConfiguration } from './encryption-file.ts';

/** Sees to a configuration that encrypts Secrets, before the API server starts. @throws Error when it runs already, or the file that is there does not encrypt them. */
export function ensureSecretsEncryption(dir: string, isRunning: boolean, random: Pick<Random, 'bytes'>): void {
  const { encryption, data, config } = clusterPaths(dir);
  if (existsSync(encryption)) {
    if (EncryptionFile.read(encryption).prefix === '') throw new Error(`--secrets-encryption: ${encryption} says that Secrets are written in plain text`);
    return;
  }
  if (isRunning) throw new Error('--secrets-encryption: the cluster runs without it: stop it with ./rhythm down first');
  // What an older cluster has stored is plain text, until `rhythm secrets reencrypt`.
  writeSecretFile(encryption, freshConfiguration(random, existsSync(join(data, 'store')) || existsSync(config)));
}
