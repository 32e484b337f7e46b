/** Files of certificates and keys; `followFiles` in ../certificates reads them. */
export const certificateFlags = {
  'store-ca-file': { type: 'string', help: 'CA of the store' },
  'store-cert-file': { type: 'string', help: 'our client certificate for the store' },
  'store-key-file': { type: 'string', help: 'its key' },
  'cert-file': { type: 'string', help: 'serving certificate', required: true },
  'key-file': { type: 'string', help: 'its key', required: true },
  'client-ca-file': { type: 'string', help: 'CA of client certificates', required: true },
  'tls-sni-cert-key': { type: 'repeated', help: 'CERT,KEY or CERT,KEY:name,*.name: another certificate for those who ask for these names (HTTP face); may be given several times' },
  'service-account-key-file': { type: 'string', help: 'private key (PEM, P-256) that signs and verifies service-account tokens; others behind it in the file verify as well', required: true },
  'kubelet-client-cert-file': { type: 'string', help: 'our client certificate for kubelets' },
  'kubelet-client-key-file': { type: 'string', help: 'its key' },
  'proxy-client-cert-file': { type: 'string', help: 'our client certificate for aggregated API servers; signed by the CA of --requestheader-client-ca-file' },
  'proxy-client-key-file': { type: 'string', help: 'its key' },
} as const;
