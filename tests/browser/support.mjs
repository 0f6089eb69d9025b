// The program under test, a browser, and two servers that stand for the world around them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'

const SCREENSHOTS = fileURLToPath(new URL('../../.cache/browser/', import.meta.url))
mkdirSync(SCREENSHOTS, { recursive: true })

/** Starts `yuyi serve` on a free port; `stop` ends it, with SIGTERM unless told otherwise, and says with which code. */
export async function startYuyi(...flags) {
  const child = spawn(process.env.YUYI_BIN, ['serve', '--port', '0', '--json', '--log', 'warn', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Models that whoever runs the tests has installed are not part of them.
    env: { ...process.env, YUYI_HOME: '/nonexistent' },
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([once(lines, 'line'), exited.then(() => undefined)])
  if (!line) {
    throw new Error('yuyi did not start')
  }
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal)
    const [code] = await exited
    return code
  }
  return { url: JSON.parse(line[0]).url, stop }
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export function screenshot(page, name) {
  return page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true })
}

/** A proxy that shows `target` under a path prefix, and the origin of some other site beside it. */
export async function startProxy(target, prefix) {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith(prefix)) {
      outgoing.writeHead(incoming.url === '/' ? 200 : 404, { 'Content-Type': 'text/html' })
      outgoing.end('<!doctype html><link rel="icon" href="data:,"><title>another site</title>')
      return
    }
    const url = new URL(incoming.url.slice(prefix.length), `${target}/`)
    const { method, headers } = incoming
    const forwarded = request(url, { method, headers: { ...headers, host: url.host } }, (reply) => {
      outgoing.writeHead(reply.statusCode, reply.headers)
      reply.pipe(outgoing)
    })
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${server.address().port}`, stop }
}
