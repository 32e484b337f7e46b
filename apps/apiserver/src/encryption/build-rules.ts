import type { Random } from '@rhythm/base';
import { aesCbc } from './providers/aes-cbc.ts';
import { aesGcm } from './providers/aes-gcm.ts';
import { identity } from './providers/identity.ts';
import { keyed } from './providers/keyed.ts';
import { secretbox } from './providers/secretbox.ts';
import type { KmsConfig, ProviderConfig, ResourceConfig } from './configuration.ts';
import type { Rule } from './encryption.ts';
import type { Provider } from './provider.ts';

const ciphers = { aesgcm: aesGcm, aescbc: aesCbc, secretbox } as const;

/** The providers that a configuration asks for. `kms` gives the one of a plugin. */
export function buildRules(configs: readonly ResourceConfig[], random: Pick<Random, 'bytes'>, kms: (config: KmsConfig) => Provider): Rule[] {
  return configs.map(({ resources, providers }) => ({ resources, providers: providers.map((provider) => buildProvider(provider, random, kms)) }));
}

function buildProvider(config: ProviderConfig, random: Pick<Random, 'bytes'>, kms: (config: KmsConfig) => Provider): Provider {
  switch (config.type) {
    case 'identity':
      return identity;
    case 'kms':
      return kms(config.kms);
    default:
      return keyed(`k8s:enc:${config.type}:v1:`, config.keys.map(({ name, secret }) => ({ name, cipher: ciphers[config.type](secret, random) })));
  }
}
