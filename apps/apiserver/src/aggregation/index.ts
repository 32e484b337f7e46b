/**
 * API aggregation (kube-aggregator): APIServices and what they stand for. Group versions that this server serves itself get theirs from
 * `local-services`; those of other servers are watched over by `availability-controller`, passed on by `remote-face` (HTTP) and `remote-resources`
 * (gRPC), and shown in discovery and OpenAPI from what `remote-discovery` and `remote-openapi` read in the background. May import the pipeline's ports,
 * `proxy`, and what of `webhooks` puts failures into words.
 */
export { Aggregator, type AggregatorConfig, type AggregatorPorts } from './aggregator.ts';
export type { ProxyClientCredentials } from './remote-client.ts';
export type { RemoteFace } from './remote-face.ts';
