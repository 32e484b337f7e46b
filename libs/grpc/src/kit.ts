/** What the rest of the tree may use of grpc-js; only this library and the generated code import it. */
export { Metadata, status, connectivityState } from '@grpc/grpc-js';
export type {
  Client,
  ChannelCredentials,
  ClientOptions,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  MetadataValue,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  ServiceError,
  UntypedServiceImplementation,
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
} from '@grpc/grpc-js';
