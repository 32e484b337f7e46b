import type { Clock, Log } from '@rhythm/base';
import { FlagError, liveFiles, type Flags, type LiveFiles } from '@rhythm/config';
import { encryptionLimits } from '../encryption/index.ts';

/** Encryption at rest. */
export const encryptionFlags = {
  'encryption-provider-config': { type: 'string', help: 'EncryptionConfiguration (apiserver.config.k8s.io/v1): what is stored encrypted, and how' },
  'encryption-provider-config-automatic-reload': { type: 'boolean', help: 'take changes of that file while running' },
} as const;

/** The configuration's text, followed if that was asked for. @throws FlagError */
export async function encryptionFileOf(flags: Flags<typeof encryptionFlags>, { clock, log }: { readonly clock: Clock; readonly log: Log }): Promise<LiveFiles<string> | undefined> {
  const file = flags['encryption-provider-config'];
  if (file === undefined) {
    if (flags['encryption-provider-config-automatic-reload']) throw new FlagError('--encryption-provider-config-automatic-reload needs --encryption-provider-config');
    return undefined;
  }
  try {
    const live = await liveFiles({ what: 'the encryption configuration', files: { file }, load: (contents) => contents.file.toString(), everyMs: encryptionLimits.reloadEveryMs, clock, log });
    if (!flags['encryption-provider-config-automatic-reload']) live.stop();
    return live;
  } catch (error) {
    throw new FlagError(`flag --encryption-provider-config: ${file} cannot be read`, { cause: error });
  }
}
