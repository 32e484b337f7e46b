/** The flags by which every component reaches the apiserver's gRPC face, with a certificate of its own. */
export const apiFlags = {
  api: { type: 'list', help: 'host:port of the gRPC faces of the apiservers', required: true },
  'ca-file': { type: 'string', help: 'PEM of the cluster CA', required: true },
  'cert-file': { type: 'string', help: "PEM of the component's certificate", required: true },
  'key-file': { type: 'string', help: "PEM of the component's key", required: true },
  'endpoint-file': { type: 'string', help: 'where to write the address once the app serves' },
} as const;
