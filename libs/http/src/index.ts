/** The HTTP/1.1 and HTTP/2 server kit: limits, bodies, streamed replies, upgrades. Knows nothing of Kubernetes. */
export * from './answer.ts';
export * from './body.ts';
export { gzipAccepted } from './exchange.ts';
export type { HttpExchange, ReplyHeaders, ReplyStream } from './exchange.ts';
export * from './limits.ts';
export { NamedContexts, type NamedCertificate } from './named-contexts.ts';
export type { PeerIdentity } from './peer.ts';
export * from './server.ts';
export * from './shared-piece.ts';
