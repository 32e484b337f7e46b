import { toError } from '@rhythm/base';
import { FlagError, type Flags } from '@rhythm/config';
import { choosePlugins, type PluginChoice } from '../admission/index.ts';

/** Which admission plug-ins are in force. */
export const admissionFlags = {
  'enable-admission-plugins': { type: 'list', help: 'admission plug-ins to be in force besides those that are by default' },
  'disable-admission-plugins': { type: 'list', help: 'admission plug-ins that are by default, and shall not be' },
} as const;

/** @throws FlagError for plug-ins that there are none of. */
export function pluginsOf(flags: Flags<typeof admissionFlags>): PluginChoice {
  const choice = { enable: flags['enable-admission-plugins'] ?? [], disable: flags['disable-admission-plugins'] ?? [] };
  try {
    choosePlugins(choice);
    return choice;
  } catch (error) {
    throw new FlagError(`flags --enable-admission-plugins and --disable-admission-plugins: ${toError(error).message}`, { cause: error });
  }
}
