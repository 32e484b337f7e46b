/** An HTTPS server that reads what it is sent and answers with the same bytes each time: what a request costs in Node before any work is done. Arguments: port, folder of the cluster's keys, file with the answer. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const [port = '0', pki = '', file = ''] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(join(pki, name));
const answer = readFileSync(file);
createServer({ cert: read('apiserver.crt'), key: read('apiserver.key'), ca: read('ca.crt'), requestCert: true }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
}).listen(Number(port), '127.0.0.1');
