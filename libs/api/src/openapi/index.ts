/** OpenAPI documents of the served kinds: v2 (JSON, and the protobuf that kubectl asks for) and v3. */
export { openApiV2, openApiV3, openApiV3Index, type OpenApiV2, type OpenApiV3 } from './documents.ts';
export { openApiKindPart, openApiPieces, type OpenApiKindPart, type OpenApiPiece, type OpenApiPlace } from './pieces.ts';
export { definitionNameOf } from './definitions.ts';
export { encodeOpenApiV2, encodeOpenApiV2Member, openApiV2Frame, openApiV2Accept, openApiV2ContentType } from './v2-protobuf.ts';
export { readDescriptions, type DescriptionFile, type Descriptions } from './descriptions.ts';
