/**
 * Certificates of a cluster: authorities, the identities of its components, kubeconfig files.
 * The only place that knows X.509; may import `base` only.
 */
export * from './authority.ts';
export * from './cluster-pki.ts';
export * from './kubeconfig.ts';
export * from './secret-file.ts';
export * from './signing-request.ts';
