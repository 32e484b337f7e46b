import { isEncrypted, type Provider } from '../provider.ts';

/** Plain text. It refuses to take for an object what another provider has written. */
export const identity: Provider = {
  prefix: '',
  seal: (plain) => plain,
  open: (stored) => (isEncrypted(stored) ? undefined : { plain: stored, stale: false }),
};
