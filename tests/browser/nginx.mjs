// nginx with the configuration that deploy/compose.yaml uses, in front of servers of the test.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const SHIPPED = new URL('../../deploy/nginx.conf', import.meta.url)
const NGINX = '/usr/sbin/nginx'

/** Starts nginx in front of two servers, given as URLs; answers with its own URL and how to stop it. */
export async function startNginx(servers) {
  const folder = mkdtempSync(join(tmpdir(), 'yuyi-nginx-'))
  const port = await freePort()
  writeFileSync(join(folder, 'site.conf'), siteConf(servers, port))
  const main = join(folder, 'nginx.conf')
  writeFileSync(main, mainConf(folder))
  execFileSync(NGINX, ['-t', '-q', '-p', folder, '-c', main], { stdio: 'inherit' })
  const child = spawn(NGINX, ['-p', folder, '-c', main], { stdio: 'inherit' })
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await untilListening(url)
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true })
  }
  return { url, stop }
}

/** The shipped file with the addresses of this test; every replacement must find its place. */
function siteConf(servers, port) {
  let text = readFileSync(SHIPPED, 'utf8')
  const places = { 'listen 80;': `listen 127.0.0.1:${port};` }
  servers.forEach((server, i) => (places[`server yuyi-${i + 1}:5000`] = `server ${new URL(server).host}`))
  for (const [place, value] of Object.entries(places)) {
    if (text.split(place).length !== 2) {
      throw new Error(`deploy/nginx.conf should have ${place} once`)
    }
    text = text.replace(place, value)
  }
  return text
}

function mainConf(folder) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
${process.getuid() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include ${folder}/site.conf;
}
`
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function untilListening(url) {
  for (let tries = 0; tries < 100; tries++) {
    const reached = await fetch(url).catch(() => undefined)
    if (reached) {
      return
    }
    await sleep(50)
  }
  throw new Error('nginx does not listen')
}
