// Reference points outside Node. Each writes what its program needs into a folder, and gives the command.
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** nginx in one process. It forwards only. */
export function nginx({ port, upstream }, directory) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  log_format json escape=json '{"txn":"$request_id","method":"$request_method","path":"$request_uri","status":$status,"ms":$request_time}';
  access_log /dev/stdout json;
  keepalive_requests 1000000;
  tcp_nodelay on;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  upstream service { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
    }
  }
}
`,
  );
  return { command: 'nginx', args: ['-p', directory, '-c', file] };
}

/** HAProxy verifies access tokens, but cannot sign. */
export function haproxy({ port, upstream, access }, directory) {
  const key = join(directory, 'provider.pem');
  writeFileSync(key, createPublicKey({ key: access.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }));
  const deny = (condition) => `http-request deny deny_status 401 unless { var(txn.bearer),${condition} }`;
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  log stdout format raw local0 info
defaults
  mode http
  log global
  log-format '{"txn":"%[var(txn.id)]","method":"%HM","path":"%HU","status":%ST,"ms":%Ta}'
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  option http-keep-alive
frontend public
  bind 127.0.0.1:${port}
  http-request set-var(txn.id) uuid()
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  ${deny(`jwt_header_query('$.alg') -m str ${access.publicJwk.alg}`)}
  ${deny(`jwt_payload_query('$.iss') -m str ${access.issuer}`)}
  ${deny(`jwt_payload_query('$.aud') -m str ${access.audience}`)}
  ${deny(`jwt_verify(txn.alg,"${key}") -m int 1`)}
  http-request set-header x-user %[var(txn.bearer),jwt_payload_query('$.sub')]
  http-request del-header authorization
  default_backend service
backend service
  http-reuse always
  server items ${new URL(upstream).host} pool-max-conn 128
`,
  );
  return { command: 'haproxy', args: ['-db', '-f', file] };
}

export function buildGo(_settings, directory) {
  copyFileSync(fileURLToPath(new URL('gateway.go', import.meta.url)), join(directory, 'main.go'));
  writeFileSync(join(directory, 'go.mod'), 'module gateway\n\ngo 1.19\n');
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' };
  const { status } = spawnSync('go', ['build', '-o', 'gateway', '.'], { cwd: directory, stdio: 'inherit', env });
  if (status !== 0) throw new Error('The Go gateway does not build.');
  return { command: join(directory, 'gateway'), args: [] };
}
