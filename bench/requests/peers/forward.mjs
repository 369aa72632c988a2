// Forwards by undici's `dispatch`, the cheapest client of Node: no promise and no stream in between. Holds back either
// side when the other is slow, and ends the upstream's request when the client leaves.
import { Pool } from 'undici';

const DEAD = { 'content-type': 'application/json' };

export function newForwarder(upstream) {
  const pool = new Pool(upstream, { connections: 64 });
  return (request, response, headers, done) => {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    const body = length === undefined && coding === undefined ? null : request;
    pool.dispatch(
      { path: request.url, method: request.method, headers, body },
      {
        onRequestStart(controller) {
          response.on('drain', () => controller.resume());
          response.on('close', () => {
            if (!response.writableFinished) controller.abort(new Error('the client has left'));
          });
        },
        onResponseStart(_controller, status, fields) {
          delete fields.connection;
          delete fields['keep-alive'];
          response.writeHead(status, fields);
        },
        onResponseData(controller, chunk) {
          if (!response.write(chunk)) controller.pause();
        },
        onResponseEnd() {
          response.end();
          done?.();
        },
        onResponseError() {
          if (!response.headersSent) response.writeHead(502, DEAD);
          response.end();
        },
      },
    );
  };
}
