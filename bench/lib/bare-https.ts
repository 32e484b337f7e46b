/**
 * An HTTPS server that does nothing: what requests, long answers and watches cost in Node before any work is done. Arguments: port, folder of the cluster's keys.
 * `PUT /answer` and `PUT /list` set what is answered: by `/` (which reads what it is sent) whole, by `/list` in pieces with back-pressure.
 * `/watch` stays open; `POST /push` writes its body to all that do.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';

const pieceBytes = 128 * 1024;
const [port = '0', pki = ''] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(join(pki, name));
let answer: Buffer = Buffer.from('{}');
let list: Buffer = Buffer.from('{}');
const watches = new Set<ServerResponse>();

function whole(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function inPieces(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  let at = 0;
  const go = (): void => {
    while (at < body.length) {
      const piece = body.subarray(at, at + pieceBytes);
      at += pieceBytes;
      if (!response.write(piece)) {
        response.once('drain', go);
        return;
      }
    }
    response.end();
  };
  go();
}

function watch(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  watches.add(response);
  response.on('close', () => watches.delete(response));
}

function serve({ method = '', url = '' }: IncomingMessage, response: ServerResponse, body: Buffer): void {
  if (method === 'PUT' && url === '/answer') answer = body;
  if (method === 'PUT' && url === '/list') list = body;
  if (url === '/list' && method === 'GET') inPieces(response, list);
  else if (url === '/watch') watch(response);
  else {
    if (url === '/push') for (const one of watches) one.write(body);
    whole(response, answer);
  }
}

createServer({ keepAliveTimeout: 600_000, cert: read('apiserver.crt'), key: read('apiserver.key'), ca: read('ca.crt'), requestCert: true, rejectUnauthorized: false }, (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => serve(request, response, Buffer.concat(pieces)));
}).listen(Number(port), '127.0.0.1');
