/** One cluster, one user, embedded: everything a client needs in one file. */
export interface KubeconfigOptions {
  readonly clusterName: string;
  readonly userName: string;
  /** `https://host:port` */
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** The YAML of a kubeconfig with one context, which is the current one. Holds a private key: write it 0600. */
export function kubeconfigYaml(options: KubeconfigOptions): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  // JSON strings are YAML strings: quoting the names is all the escaping there is.
  const cluster = JSON.stringify(options.clusterName);
  const user = JSON.stringify(options.userName);
  return `apiVersion: v1
kind: Config
clusters:
- name: ${cluster}
  cluster:
    server: ${JSON.stringify(options.server)}
    certificate-authority-data: ${base64(options.caPem)}
users:
- name: ${user}
  user:
    client-certificate-data: ${base64(options.certPem)}
    client-key-data: ${base64(options.keyPem)}
contexts:
- name: ${cluster}
  context:
    cluster: ${cluster}
    user: ${user}
current-context: ${cluster}
`;
}
