/** Where the server is, and what it is of. */
export const serverFlags = {
  host: { type: 'string', help: 'address to listen on', default: '0.0.0.0' },
  port: { type: 'number', help: 'port of the Kubernetes HTTP API; the gRPC API is on the next one', default: 6443 },
  'advertise-address': { type: 'string', help: 'address by which the Service kubernetes reaches this server', required: true },
  'store-endpoints': { type: 'list', help: 'host:port of each store member', required: true },
  'service-account-issuer': { type: 'string', help: 'issuer of service-account tokens', default: 'https://kubernetes.default.svc.cluster.local' },
  'service-cidr': { type: 'string', help: 'IPv4 network of ClusterIPs', required: true },
  'descriptions-file': { type: 'string', help: 'what `kubectl explain` says of kinds and fields; may be missing, or come later' },
  'endpoint-file': { type: 'string', help: 'written with host:port once requests are served' },
} as const;
