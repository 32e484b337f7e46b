/**
 * A gRPC server that does nothing: what a unary call costs in Node before any work is done. Prints its port.
 * Arguments: port, engine (`grpc-js` or `lean`). The service and method are `bench.Echo/Unary`; what is sent comes back.
 */
import { serveGrpc, unaryHandler } from '@rhythm/grpc';

const same = (bytes: Buffer): Buffer => bytes;
const method = { path: '/bench.Echo/Unary', requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const server = await serveGrpc({
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 0),
  streamsMax: 100_000,
  engine: process.argv[3] === 'lean' ? 'lean' : 'grpc-js',
  services: [{ definition: { unary: method }, implementation: { unary: unaryHandler<Buffer, Buffer>(async (bytes) => bytes) } }],
});
console.log(server.port);
