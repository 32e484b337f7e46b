/** The command line of the apiserver, by theme: each file says which flags there are, and what they come to. Imported by `main` alone. */
import { webhookFlags } from '../auth/webhook/from-flags.ts';
import { admissionFlags } from './admission-flags.ts';
import { authConfigFlags } from './auth-config-flags.ts';
import { auditFlags } from './audit-flags.ts';
import { certificateFlags } from './certificate-flags.ts';
import { encryptionFlags } from './encryption-flags.ts';
import { frontProxyFlags } from './front-proxy-flags.ts';
import { limitFlags } from './limit-flags.ts';
import { oidcFlags } from './oidc-flags.ts';
import { plainFlags } from './plain-flags.ts';
import { serverFlags } from './server-flags.ts';

/** All of them. */
export const apiserverFlags = {
  ...serverFlags,
  ...certificateFlags,
  ...authConfigFlags,
  ...oidcFlags,
  ...frontProxyFlags,
  ...webhookFlags,
  ...admissionFlags,
  ...auditFlags,
  ...encryptionFlags,
  ...limitFlags,
  ...plainFlags,
} as const;

export { pluginsOf } from './admission-flags.ts';
export { auditFileOf, auditPolicyOf } from './audit-flags.ts';
export { authConfigFilesOf } from './auth-config-flags.ts';
export { encryptionFileOf } from './encryption-flags.ts';
export { frontProxyOf } from './front-proxy-flags.ts';
export { limitsOf } from './limit-flags.ts';
export { oidcOf } from './oidc-flags.ts';
export { permitPlain } from './plain-flags.ts';
